import ErgonModel
import Testing

@testable import ErgonProvenance

struct AttestationTests {
    private let document = Array(#"{"a":1}"#.utf8)

    private func signer(_ first: UInt8 = 0) throws -> NoteSigner {
        try #require(NoteSigner(name: "log.example/ergon", seed: (0..<32).map { $0 + first }))
    }

    /// The example of the DSSE protocol, version 1.0.2.
    @Test func `what is signed has the lengths of its parts`() {
        let encoded = Attestation.encoding(
            of: Array("hello world".utf8), type: "http://example.com/HelloWorld")
        #expect(encoded == Array("DSSEv1 29 http://example.com/HelloWorld 11 hello world".utf8))
    }

    @Test func `an envelope reads back and convinces`() throws {
        let made = Attestation(of: document, signer: try signer())
        let read = try Attestation(parsing: Array(made.text.utf8))
        #expect(read == made)
        try read.verify(by: try signer().verifier)
    }

    @Test func `another key's envelope does not convince`() throws {
        let made = Attestation(of: document, signer: try signer(1))
        #expect(throws: NoteFault.self) { try made.verify(by: try signer().verifier) }
    }

    @Test func `another document, type or signature does not convince`() throws {
        let (made, key) = (Attestation(of: document, signer: try signer()), try signer().verifier)
        var changed = [made, made, made]
        changed[0].document[0] ^= 1
        changed[1].type += "x"
        changed[2].signature[0] ^= 1
        for envelope in changed {
            #expect(throws: NoteFault.self) { try envelope.verify(by: key) }
        }
    }

    @Test func `every changed byte of an envelope is refused`() throws {
        let (made, key) = (Attestation(of: document, signer: try signer()), try signer().verifier)
        let text = Array(made.text.utf8)
        for place in text.indices {
            for bit in 0..<8 {
                var changed = text
                changed[place] ^= 1 << UInt8(bit)
                #expect(throws: NoteFault.self, "byte \(place), bit \(bit)") {
                    try Attestation(parsing: changed).verify(by: key)
                }
            }
        }
    }

    @Test func `a note's signature is none of an envelope, and the other way round`() throws {
        let signer = try signer()
        let note = SignedNote(text: "DSSEv1 1\n", signers: [signer])
        var envelope = Attestation(of: document, signer: signer)
        envelope.signature = note.signatures[0].bytes
        #expect(throws: NoteFault.self) { try envelope.verify(by: signer.verifier) }
    }
}
