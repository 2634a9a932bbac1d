import ErgonModel
import ErgonProvenance
import Testing

private let digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

@Test func `a digest is read and written as 64 lower-case digits`() throws {
    let read = ErgonModel.Digest(hex: digits)
    let digest = try #require(read)
    #expect(digest == .ofNothing && digest.hex == digits && digest.description == digits)
    #expect(ErgonModel.Digest(bytes: digest.bytes) == digest)
    #expect(ErgonModel.Digest(bytes: digest.bytes.reversed()) != digest)
    #expect(digest.bytes.prefix(3) == [0xe3, 0xb0, 0xc4])
    var text = Array("x".utf8)
    digest.appendHex(to: &text)
    #expect(String(decoding: text, as: UTF8.self) == "x" + digits)
    #expect(ErgonModel.Digest(hex: text, at: 1) == digest)
    for start in [-1, 0, 2, 64, 1000] { #expect(ErgonModel.Digest(hex: text, at: start) == nil) }
    #expect(ErgonModel.Digest(bytes: digest.bytes.dropLast()) == nil)
    #expect(ErgonModel.Digest(hex: String(digits.dropLast())) == nil)
}

@Test func `no other byte stands for a digit of a digest`() {
    let text = Array(digits.utf8)
    for place in text.indices {
        for byte in UInt8.min ... .max {
            var changed = text
            changed[place] = byte
            let isDigit = Unicode.Scalar(byte).properties.numericType != nil && byte < 0x80
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            let digest = ErgonModel.Digest(hex: changed, at: 0)
            #expect((digest != nil) == (isDigit || isLetter), "byte \(byte) at \(place)")
            if let digest { #expect(Array(digest.hex.utf8) == changed) }
        }
    }
}
