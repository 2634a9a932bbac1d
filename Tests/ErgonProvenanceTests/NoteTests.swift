import ErgonModel
import ErgonProvenance
import Testing

private func fault(_ body: () throws(NoteFault) -> Void) -> NoteFault? {
    do throws(NoteFault) {
        try body()
        return nil
    } catch {
        return error
    }
}

private func malformed(_ body: () throws(NoteFault) -> Void) -> Bool {
    if case .malformed = fault(body) { true } else { false }
}

@Test func `base64 is the standard one with padding, and strict`() {
    let known = [
        "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
    ]
    for (plain, coded) in known {
        #expect(Base64.text(Array(plain.utf8)) == coded)
        #expect(Base64.bytes(coded) == Array(plain.utf8))
    }
    #expect(Base64.text([0xFB, 0xFF, 0xFE]) == "+//+")
    for wrong in [
        "Zg", "Zg=", "Zh==", "Zm9=", "=Zg=", "Zg==Zg==", "Zm 9", "Zm9v\n", "Z===", "====",
    ] {
        #expect(Base64.bytes(wrong) == nil, "\(wrong)")
    }
}

@Suite struct Notes {
    private let signer = NoteSigner(name: "log.example/a", seed: Array(0..<32))
    private let other = NoteSigner(name: "log.example/b", seed: Array(1..<33))

    @Test func `a signed checkpoint comes back and is verified`() throws {
        let signer = try #require(signer)
        let head = TreeHead(size: 5, root: leafHash([1]))
        let checkpoint = Checkpoint(origin: "log.example/a", head: head)
        let note = SignedNote(text: checkpoint.text, signers: [signer])
        let back = try SignedNote(parsing: Array(note.note.utf8))
        #expect(back == note)
        #expect(try back.verified(by: [signer.verifier]) == [signer.verifier])
        #expect(try Checkpoint(parsing: back.text) == checkpoint)
        #expect(try VerifierKey(parsing: signer.verifier.description) == signer.verifier)
    }

    @Test func `unknown keys are passed over, a known one must be right`() throws {
        let (signer, other) = (try #require(signer), try #require(other))
        var note = SignedNote(text: "hello\n\nworld\n", signers: [signer, other])
        #expect(try SignedNote(parsing: Array(note.note.utf8)) == note)
        #expect(try note.verified(by: [other.verifier]) == [other.verifier])
        #expect(fault { () throws(NoteFault) in _ = try note.verified(by: []) } == .unsigned)
        note.text = "hello\n\nWorld\n"
        #expect(
            fault { () throws(NoteFault) in _ = try note.verified(by: [other.verifier]) }
                == .wrongSignature(key: "log.example/b"))
    }

    @Test func `one bit anywhere spoils a note`() throws {
        let signer = try #require(signer)
        let bytes = Array(SignedNote(text: "log.example/a\n", signers: [signer]).note.utf8)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let problem = fault { () throws(NoteFault) in
                _ = try SignedNote(parsing: changed).verified(by: [signer.verifier])
            }
            #expect(problem != nil, "bit \(bit)")
        }
    }

    @Test(arguments: [
        "", "a\n", "a\n\n", "a\n— k AAAAAAA=\n", "\n— k AAAAAAA=\n", "a\n\n— k AAAA\n",
        "a\n\n- k AAAAAAA=\n", "a\n\n— k+ AAAAAAA=\n", "a\n\n— k  AAAAAAA=\n", "a\n\n— k AAAAAAA=",
        "a\t\n\n— k AAAAAAA=\n", "a\r\n\n— k AAAAAAA=\n",
    ])
    func `a malformed note is refused`(text: String) {
        #expect(malformed { () throws(NoteFault) in _ = try SignedNote(parsing: Array(text.utf8)) })
    }

    @Test func `a note may have at least sixteen signatures, but not any number`() throws {
        let line = "— k AAAAAAA=\n"
        let sixteen = "a\n\n" + String(repeating: line, count: 16)
        #expect(try SignedNote(parsing: Array(sixteen.utf8)).signatures.count == 16)
        let flood = "a\n\n" + String(repeating: line, count: 65)
        #expect(
            malformed { () throws(NoteFault) in _ = try SignedNote(parsing: Array(flood.utf8)) })
    }

    @Test(arguments: [
        "a\n1\n", "a\n01\nR\n", "a\n-1\nR\n", "a\n+1\nR\n", "a b\n1\nR\n", "a+b\n1\nR\n",
        "\n1\nR\n",
        "a\n1\nR\nmore\n", "a\n1\nR", "a\n1\nAAAA\n", "a\n\nR\n", "a\n99999999999999999999\nR\n",
    ])
    func `a malformed checkpoint is refused`(text: String) {
        let root = Base64.text(emptyRoot.bytes)
        let text = text.replacing("R", with: root)
        #expect(malformed { () throws(NoteFault) in _ = try Checkpoint(parsing: text) }, "\(text)")
        #expect(
            !malformed { () throws(NoteFault) in _ = try Checkpoint(parsing: "a\n1\n\(root)\n") })
    }

    @Test func `names that cannot stand in a note name no key`() {
        for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{2003}b"] {
            #expect(NoteSigner(name: name, seed: Array(0..<32)) == nil)
        }
        #expect(NoteSigner(name: "a", seed: [1, 2]) == nil)
    }
}

@Suite(.enabled(if: vectors != nil, "the published vectors are not here"))
struct PublishedNotes {
    @Test func `the example of the specification verifies`() throws {
        let example = try JSON(parsing: try vector("signed-note/c2sp-example.json"))
        let key = try VerifierKey(parsing: example["vkey"]?.string ?? "")
        let note = try SignedNote(parsing: Array((example["note"]?.string ?? "").utf8))
        #expect(note.text == example["text"]?.string)
        #expect(try note.verified(by: [key]) == [key])
        #expect(
            hexadecimal(withUnsafeBytes(of: key.id.bigEndian, Array.init))
                == example["key_id_hex"]?.string)
    }

    @Test func `the sample log is signed byte for byte and proves its entry`() throws {
        let keys = try JSON(parsing: try vector("tlog-sample/keys.json"))
        let seed = Array((keys["log_ed25519_seed_hex"]?.string ?? "").utf8)
        let bytes = stride(from: 0, to: seed.count, by: 2).compactMap {
            UInt8(String(decoding: seed[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        let signer = try #require(NoteSigner(name: "ergon.example/sample-log", seed: bytes))
        #expect(signer.verifier.description == keys["log_vkey"]?.string)

        let entries = try vector("tlog-sample/entries.jsonl").split(separator: UInt8(ascii: "\n"))
        let leaves = entries.map { leafHash(Array($0)) }
        for size in [5, 300] {
            let published = try SignedNote(
                parsing: try vector("tlog-sample/size-\(size)/checkpoint"))
            let head = TreeHead(size: size, root: MerkleTree.root(of: leaves[..<size]))
            let checkpoint = Checkpoint(origin: "ergon.example/sample-log", head: head)
            #expect(published.text == checkpoint.text)
            #expect(
                SignedNote(text: checkpoint.text, signers: [signer]).signatures[0]
                    == published.signatures[0])
            #expect(try published.verified(by: [signer.verifier]) == [signer.verifier])
        }

        let bytes257 = try vector("tlog-sample/entry-257.tlog-proof")
        let proof = try LogProof(parsing: bytes257)
        #expect(Array(proof.text.utf8) == bytes257 && proof.index == 257)
        #expect(proof.hashes == MerkleTree.inclusionProof(of: 257, in: leaves[...]))
        let entry = try vector("tlog-sample/entry-257.json")
        let witness = try VerifierKey(
            parsing: keys["witness_cosignature_v1_vkey"]?.string ?? "")
        #expect(try proof.verified(of: entry, by: [witness]).head.size == 300)
        #expect(try proof.checkpoint.verified(by: [signer.verifier, witness]).count == 2)
        #expect(throws: NoteFault.self) { try proof.verified(of: entry + [0], by: [witness]) }
    }
}
