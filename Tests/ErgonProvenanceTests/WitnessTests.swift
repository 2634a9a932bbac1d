import ErgonModel
import ErgonProvenance
import Testing

private typealias Digest = ErgonModel.Digest

private let origin = "ergon.example/site-a"
private let leaves = (0..<60).map { leafHash(Array("record \($0)".utf8)) }

private func head(_ size: Int, of leaves: [Digest] = leaves) -> TreeHead {
    TreeHead(size: size, root: MerkleTree.root(of: leaves[..<size]))
}

private struct Scene {
    let log, stranger, key: NoteSigner
    var seen: [String: TreeHead] = [:]

    init() throws {
        func seed(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
        log = try #require(NoteSigner(name: origin, seed: seed(1)))
        stranger = try #require(NoteSigner(name: origin, seed: seed(2)))
        key = try #require(NoteSigner(.cosignature, name: "witness.example/w", seed: seed(3)))
    }

    func request(
        _ old: Int, _ head: TreeHead, _ proof: [Digest]? = nil, by signer: NoteSigner? = nil
    ) -> [UInt8] {
        let text = Checkpoint(origin: origin, head: head).text
        let request = WitnessRequest(
            oldSize: old,
            proof: proof ?? MerkleTree.consistencyProof(from: old, in: leaves[..<head.size]),
            checkpoint: SignedNote(text: text, signers: [signer ?? log]))
        return Array(request.text.utf8)
    }

    mutating func ask(_ body: [UInt8]) -> Witness.Decision {
        let witness = Witness(logs: [log.verifier], signer: key)
        let decision = witness.decide(body, seconds: 1_700_000_000) { seen[$0] }
        if case .cosign(let origin, let head, _) = decision { seen[origin] = head }
        return decision
    }
}

@Suite("a witness")
struct WitnessTests {
    @Test func `signs what extends what it has seen, and its signature verifies`() throws {
        var scene = try Scene()
        for (old, new) in [(0, 5), (5, 5), (5, 33), (33, 60)] {
            let decision = scene.ask(scene.request(old, head(new)))
            guard case .cosign(_, let seen, let signature) = decision else {
                Issue.record("\(old) to \(new) was refused")
                return
            }
            #expect(seen == head(new))
            var note = SignedNote(
                text: Checkpoint(origin: origin, head: head(new)).text, signers: [scene.log])
            note.signatures.append(signature)
            let keys = [scene.log.verifier, scene.key.verifier]
            #expect(try SignedNote(parsing: Array(note.note.utf8)).verified(by: keys) == keys)
            note.signatures[1].bytes[3] ^= 1
            #expect(throws: NoteFault.wrongSignature(key: "witness.example/w")) {
                try note.verified(by: keys)
            }
        }
    }

    @Test func `refuses a rewritten past, whoever signed it`() throws {
        var scene = try Scene()
        _ = scene.ask(scene.request(0, head(20)))
        var other = leaves
        other[3] = leafHash([9])
        let forged = MerkleTree.consistencyProof(from: 20, in: other[..<40])
        #expect(scene.ask(scene.request(20, head(40, of: other), forged)) == .refuse(.badProof))
        #expect(
            scene.ask(scene.request(20, head(20, of: other), [])) == .refuse(.conflict(size: 20)))
        #expect(scene.ask(scene.request(0, head(40), [])) == .refuse(.conflict(size: 20)))
        #expect(scene.ask(scene.request(10, head(10), [])) == .refuse(.conflict(size: 20)))
        #expect(scene.seen[origin] == head(20))
    }

    @Test func `refuses what it cannot know`() throws {
        var scene = try Scene()
        #expect(
            scene.ask(scene.request(0, head(7), by: scene.stranger)) == .refuse(.wrongSignature))
        let elsewhere = SignedNote(
            text: Checkpoint(origin: "else.example", head: head(7)).text, signers: [scene.log])
        let asked = WitnessRequest(oldSize: 0, proof: [], checkpoint: elsewhere)
        #expect(scene.ask(Array(asked.text.utf8)) == .refuse(.unknownLog))
        guard case .refuse(.malformed) = scene.ask(scene.request(9, head(7), [])) else {
            Issue.record("a log does not shrink")
            return
        }
        for text in ["", "old 1", "old -1\n\n", "old 01\n\nx", "new 1\n\n", "old 0\nAAAA\n\nx\n"] {
            guard case .refuse(let refusal) = scene.ask(Array(text.utf8)) else {
                Issue.record("`\(text)` is no request")
                continue
            }
            #expect(refusal.status == 400)
        }
    }

    @Test func `reads back what a log wrote`() throws {
        let bytes = try Scene().request(5, head(33))
        let request = try WitnessRequest(parsing: bytes)
        #expect(Array(request.text.utf8) == bytes && request.oldSize == 5)
    }
}
