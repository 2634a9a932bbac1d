import ErgonModel
import Testing
import SeededRandom

@Suite struct `JSON text` {
    @Test(
        .enabled(if: SharedData.has("provenance/jcs"), "the public vectors of RFC 8785"),
        arguments: ["arrays", "french", "structures", "unicode", "values", "weird"])
    func `is written as RFC 8785 asks`(name: String) throws {
        let input = try JSON(parsing: SharedData.bytes("provenance/jcs/input/\(name).json"))
        let output = try SharedData.bytes("provenance/jcs/output/\(name).json")
        #expect(input.text() == String(decoding: output, as: UTF8.self))
        #expect(try JSON(parsing: output).text() == input.text())
    }

    /// RFC 8785, appendix B.
    @Test(
        arguments: [
            (0x0000_0000_0000_0000, "0"), (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"), (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] as [(UInt64, String)])
    func `numbers are written as ECMAScript writes them`(bits: UInt64, text: String) {
        #expect(JSON.number(Double(bitPattern: bits)).text() == text)
    }

    @Test(
        arguments: [
            (60, "60.0"), (-1, "-1.0"), (0, "0.0"), (0.5, "0.5"), (1e21, "1e+21"),
            (123_456_789_012_345_683_968, "123456789012345680000.0"), (1e-7, "1e-7"),
        ] as [(Double, String)])
    func `a marked number reads back as a number`(value: Double, text: String) throws {
        #expect(JSON.number(value).text(numbers: .marked) == text)
        #expect(try JSON(parsing: text.utf8) == .number(value))
    }

    @Test(arguments: UInt64(1)...10)
    func `every double reads back as itself`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite, value != 0 else { continue }
            let read = try JSON(parsing: JSON.number(value).text(numbers: .marked).utf8)
            #expect(read.double?.bitPattern == value.bitPattern)
        }
    }

    @Test(arguments: UInt64(1)...30)
    func `every value reads back as itself`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let value = randomValue(depth: 4, using: &generator)
        #expect(try JSON(parsing: value.text(numbers: .marked).utf8) == value)
    }

    private func randomValue(depth: Int, using generator: inout SeededGenerator) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &generator))
        case 4: return .string(randomText(using: &generator))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                    randomValue(depth: depth - 1, using: &generator)
                })
        default:
            var members: [String: JSON] = [:]
            for _ in 0..<Int.random(in: 0..<4, using: &generator) {
                let key = randomText(using: &generator)
                members[key] = randomValue(depth: depth - 1, using: &generator)
            }
            return .object(members)
        }
    }

    private func randomText(using generator: inout SeededGenerator) -> String {
        let scalars = [
            "a", "\"", "\\", "/", "\u{0}", "\n", "\u{1F}", "\u{7F}", "é", "\u{20AC}", "😀",
        ]
        return (0..<5).map { _ in scalars.randomElement(using: &generator) ?? "" }.joined()
    }

    @Test(arguments: [
        (#" { "a" : [ 1 , -0.5e1 , true ] } "#, #"{"a":[1,-5,true]}"#),
        (#""\u00e9\ud83d\ude00\/\b\f""#, "\"é😀/\\b\\f\""),
        ("-0", "0"), ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1e-400", "0"), ("0.1E+1", "1"), ("[]", "[]"), ("{}", "{}"),
    ])
    func `is read in all its spellings`(text: String, canonical: String) throws {
        #expect(try JSON(parsing: text.utf8).text() == canonical)
    }

    @Test func `keys stand in the order of their UTF-16 units, not of their bytes`() throws {
        let text = "{\"\u{FB33}\":1,\"😀\":2,\"b\":3,\"B\":4}"
        #expect(try JSON(parsing: text.utf8).text() == "{\"B\":4,\"b\":3,\"😀\":2,\"\u{FB33}\":1}")
    }

    @Test func `an integer is not a number with a fraction`() throws {
        #expect(try JSON(parsing: "[1,1.0]".utf8) == .array([.integer(1), .number(1)]))
    }

    @Test(arguments: [
        ("", 0, "the text ends early"),
        ("[1,]", 3, "not a JSON value"),
        ("[1", 2, "`,` or `]` expected"),
        ("{\"a\":1", 6, "`,` or `}` expected"),
        ("{\"a\" 1}", 5, "`:` expected"),
        ("{a:1}", 1, "a key must be a string"),
        ("{\"a\":1,\"a\":2}", 12, "the key `a` stands twice"),
        ("1 2", 2, "text after the value"),
        ("01", 2, "a number that starts with 0"),
        ("-01", 3, "a number that starts with 0"),
        ("1.", 2, "a digit expected"),
        ("1e", 2, "a digit expected"),
        (".5", 0, "not a JSON value"),
        ("+1", 0, "not a JSON value"),
        ("-", 0, "not a JSON value"),
        ("NaN", 0, "not a JSON value"),
        ("nul", 0, "not a JSON value"),
        ("1e400", 5, "a number too large"),
        ("9223372036854775808", 19, "an integer beyond 64 bits"),
        ("\"a", 2, "a string without end"),
        ("\"\\", 2, "a string without end"),
        ("\"\n\"", 2, "a control character in a string"),
        ("\"\\x\"", 3, "an unknown escape"),
        ("\"\\u12\"", 3, "four hexadecimal digits expected"),
        ("\"\\u+123\"", 3, "four hexadecimal digits expected"),
        ("\"\\ud800\"", 7, "half a surrogate pair"),
        ("\"\\udc00\"", 7, "half a surrogate pair"),
        ("\"\\ud800\\u0041\"", 13, "half a surrogate pair"),
        ("\u{FEFF}1", 0, "not a JSON value"),
    ])
    func `what is not JSON is refused at its place`(text: String, offset: Int, problem: String) {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: text.utf8) }
        #expect(error?.description == "byte \(offset): \(problem)")
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xC3, 0x22]) }
        #expect(error?.description == "byte 3: a string that is not UTF-8")
    }

    @Test func `nesting has a bound`() throws {
        let limit = JSON.depthLimit
        let fits =
            String(repeating: "[", count: limit + 1) + String(repeating: "]", count: limit + 1)
        _ = try JSON(parsing: fits.utf8)
        #expect(throws: JSONError.self) {
            try JSON(parsing: String(repeating: "[", count: 100_000).utf8)
        }
    }
}
