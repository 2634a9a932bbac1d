import ErgonModel
import Testing

@Suite struct `Templates` {
    @Test(
        arguments: [
            ("plain", [.text("plain")]),
            ("", [.text("")]),
            ("{input}", [.placeholder(.input)]),
            (
                "a{first}b{count}",
                [.text("a"), .placeholder(.first), .text("b"), .placeholder(.count)]
            ),
            ("{out.hist}.json", [.placeholder(.output("hist")), .text(".json")]),
            (
                "{point.pt-min}{with.ref}",
                [.placeholder(.point("pt-min")), .placeholder(.with("ref"))]
            ),
            ("{{x}}", [.text("{x}")]),
            ("{{{index}}}", [.text("{"), .placeholder(.index), .text("}")]),
            ("é{code}😀", [.text("é"), .placeholder(.code), .text("😀")]),
        ] as [(String, [Template.Part])])
    func `are text and placeholders`(text: String, parts: [Template.Part]) throws {
        let template = try Template(parsing: text)
        #expect(template.parts == parts)
        #expect(template.source == text)
    }

    @Test(arguments: [
        "index", "first", "count", "events", "input", "inputs", "line", "seed", "seeds", "code",
        "out", "point.a", "with.b", "out.c",
    ])
    func `know every placeholder by its name`(name: String) throws {
        #expect(try Template(parsing: "{\(name)}").soleReference?.name == name)
    }

    @Test(
        arguments: [
            ("{", .unmatchedBrace), ("}", .unmatchedBrace), ("{input", .unmatchedBrace),
            ("a}b", .unmatchedBrace), ("{input}}", .unmatchedBrace),
            ("{}", .unknownPlaceholder("")), ("{inptu}", .unknownPlaceholder("inptu")),
            ("{point.}", .unknownPlaceholder("point.")), ("{x.y}", .unknownPlaceholder("x.y")),
            ("{ input }", .unknownPlaceholder(" input ")),
        ] as [(String, Template.Fault)])
    func `that cannot be read say why`(text: String, fault: Template.Fault) {
        #expect(throws: fault) { try Template(parsing: text) }
    }

    @Test func `a list that is the whole argument becomes several`() throws {
        let values = { (hole: Placeholder) in hole == .inputs ? ["a", "b c"] : ["7"] }
        #expect(try Template(parsing: "{inputs}").expanded(values) == ["a", "b c"])
        #expect(try Template(parsing: "--n={first}").expanded(values) == ["--n=7"])
        #expect(try Template(parsing: "{{{first}}}").expanded(values) == ["{7}"])
        #expect(try Template(parsing: "{inputs}").expanded { _ in [] }.isEmpty)
    }
}
