import ErgonPolicy
import Testing

@Suite struct `A licence expression` {
    @Test(
        arguments: [
            ("MIT", "MIT"), ("mit", "MIT"), (" ( MIT ) ", "MIT"), ("Apache-2.0+", "Apache-2.0"),
            ("MIT OR Apache-2.0 AND CC0-1.0", "MIT, Apache-2.0, CC0-1.0"),
            ("(MIT or BSD-3-Clause) and CC-BY-4.0", "MIT, BSD-3-Clause, CC-BY-4.0"),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only"),
            ("GPL-2.0-or-later with gcc-exception-2.0", "GPL-2.0-or-later"),
            ("LicenseRef-ours", "LicenseRef-ours"),
            ("DocumentRef-x:LicenseRef-y.1", "DocumentRef-x:LicenseRef-y.1"),
        ])
    func `is read with names as the list writes them`(text: String, names: String) throws {
        #expect(try LicenceExpression(parsing: text).ids.joined(separator: ", ") == names)
    }

    @Test(
        arguments: [
            ("", .empty), ("  ", .empty), ("MIT AND", .unfinished), ("(MIT", .unfinished),
            ("MIT)", .unexpected(")")), ("MIT Apache-2.0", .unexpected("Apache-2.0")),
            ("OR MIT", .unexpected("OR")), ("MIT And CC0-1.0", .unexpected("And")),
            ("MIT WITH", .unfinished), ("(MIT) WITH LLVM-exception", .unexpected("WITH")),
            ("Free", .unknown("Free")), ("LicenseRef-", .unknown("LicenseRef-")),
            ("MIT WITH mercy", .unknownException("mercy")), ("MIT,BSD", .unknown("MIT,BSD")),
            ("gpl-3.0", .deprecated("GPL-3.0")), ("GPL-2.0+", .deprecated("GPL-2.0+")),
            ("AGPL-3.0+", .deprecated("AGPL-3.0")),
            (
                "DocumentRef-:LicenseRef-a",
                .unknown("DocumentRef-:LicenseRef-a")
            ),
            (
                "DocumentRef-a:LicenseRef-b:c",
                .unknown("DocumentRef-a:LicenseRef-b:c")
            ),
            (String(repeating: "(", count: 2000) + "MIT", .tooLong),
            (String(repeating: "x", count: 5000), .tooLong),
        ] as [(String, LicenceFault)])
    func `says what is wrong with it`(text: String, fault: LicenceFault) {
        #expect(throws: fault) { try LicenceExpression(parsing: text) }
    }

    @Test(
        arguments: [
            ("MIT", true), ("GPL-3.0-only", false), ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false), ("(MIT OR GPL-3.0-only) AND CC0-1.0", true),
            ("MIT OR GPL-3.0-only AND GPL-2.0-only", true), ("MIT+", true),
            ("(MIT OR CC0-1.0) AND GPL-3.0-only", false), ("LicenseRef-ours", false),
            ("MIT WITH LLVM-exception", true),
        ])
    func `is allowed by one branch of OR and all of AND`(text: String, isAllowed: Bool) throws {
        let expression = try LicenceExpression(parsing: text)
        #expect(expression.isAllowed(["MIT", "CC0-1.0"]) == isAllowed)
    }
}
