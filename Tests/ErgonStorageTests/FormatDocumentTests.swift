import ErgonModel
import Foundation
import Testing

@testable import ErgonProvenance
@testable import ErgonStorage

/// The example of `docs/LOG.md` is what the code writes, byte for byte.
@Suite struct FormatDocument {
    private let blocks: [String]

    /// Its fenced blocks under "A small log".
    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/LOG.md"), encoding: .utf8)
        let example = try #require(text.components(separatedBy: "## A small log\n").last)
        blocks = example.components(separatedBy: "```\n").enumerated()
            .filter { $0.offset % 2 == 1 }.map(\.element)
        try #require(blocks.count == 4)
    }

    private let records = [
        Record(
            time: Instant(microseconds: 1_354_752_000_000_001),
            event: .coordinatorStarted(epoch: 1, version: "0.1")),
        Record(
            time: Instant(microseconds: 1_354_752_001_500_000),
            event: .results(
                ResultBatch(
                    campaign: CampaignID(1), stage: "reco", worker: WorkerID("w1"),
                    lease: LeaseID(epoch: 1, serial: 2), report: nil,
                    results: [0, 1, 2, 5].map { task in
                        TaskResult(
                            task: task,
                            outcome: task == 5
                                ? .failed(.exit(3), isFinal: false) : .succeeded,
                            outputs: task == 5
                                ? []
                                : [StoredFile(digest: Digest(of: [7]), size: ByteCount(1))],
                            log: task == 5
                                ? StoredFile(digest: Digest(of: [8]), size: ByteCount(1)) : nil,
                            started: Instant(
                                microseconds: 1_354_752_000_000_000 + 250_000 * Int64(task)),
                            wall: Microseconds(240_000), cpu: Microseconds(230_000 + Int64(task)),
                            energy: Joules(microjoules: 1_150_000))
                    }))),
    ]

    private var payloads: [[UInt8]] {
        records.enumerated().map { encode($1, sequence: $0) }
    }

    @Test func `its records are as written there`() {
        #expect(payloads.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined() == blocks[0])
    }

    @Test func `its hashes are as written there`() {
        let leaves = payloads.map { leafHash($0) }
        let lines = leaves + [MerkleTree.root(of: leaves[...])]
        #expect(lines.map { "\($0.hex)\n" }.joined() == blocks[1])
    }

    @Test func `its first segment begins as written there`() throws {
        let folder = try TemporaryFolder()
        let log = try LogSegments.open(folder.path) { _, _ in }
        _ = try log.append(payloads)
        let start = try folder.bytes(segmentName(first: 0)).prefix(48)
        let lines = stride(from: 0, to: 48, by: 16).map { "\(hexadecimal(start[$0..<$0 + 16]))\n" }
        #expect(lines.joined() == blocks[2])
    }

    @Test func `its checkpoint is as written there`() throws {
        let signer = try #require(NoteSigner(name: "log.example/ergon", seed: Array(0..<32)))
        let root = MerkleTree.root(of: payloads.map { leafHash($0) }[...])
        let checkpoint = Checkpoint(
            origin: "log.example/ergon", head: TreeHead(size: 2, root: root))
        let note = SignedNote(text: checkpoint.text, signers: [signer])
        #expect(note.note + "\n" + signer.verifier.description + "\n" == blocks[3])
    }
}
