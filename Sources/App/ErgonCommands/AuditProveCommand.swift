import ArgumentParser
import ErgonIndex
import ErgonModel
import ErgonProvenance
import ErgonStorage
import Glibc

struct AuditProveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove", abstract: "Proves that a record is in a log, to whoever has its key.",
        discussion: """
            Prints the proof (c2sp.org/tlog-proof): give it away with the record (--show), and \
            nobody needs the rest of the log. Of an exported log (`ergon audit export log`) it \
            takes a few small files, however long the log is.
            """)

    @Argument(
        help: """
            The record's number; or an output, as STEP.OUTPUT, STEP.OUTPUT/TASK or by its digest: \
            then the newest record that names it.
            """)
    var what: String
    @OptionGroup var arguments: LogArguments
    @OptionGroup var index: IndexOption
    @Flag(help: "Print the record itself instead, byte for byte.")
    var show = false

    func run() async throws {
        try await reporting {
            let record = try number()
            let (proof, bytes) = try arguments.proof(of: record)
            write(show ? bytes : Array(proof.text.utf8), to: STDOUT_FILENO)
        }
    }

    private func number() throws -> Int {
        if let number = Int(what) { return number }
        let (index, _) = try index.open(of: arguments)
        let published = try index.outputs(named: what).map(\.sequence)
        guard let record = try (index.records(ofTask: what) + published).max() else {
            throw CommandFault(
                place: what, problem: "no record names such an output",
                remedy: "`ergon results` lists outputs, `ergon audit show` records")
        }
        return record
    }
}

extension LogArguments {
    /// The proof that the checkpoint signs a record, and the record.
    func proof(of record: Int) throws -> (LogProof, [UInt8]) {
        try isExported ? fromTiles(record) : fromSegments(record)
    }

    private func fromTiles(_ record: Int) throws -> (LogProof, [UInt8]) {
        let files = TileFolder(folder)
        guard let bytes = try files.content(of: "checkpoint") else { throw noCheckpoint }
        let note = try SignedNote(parsing: bytes)
        let size = try size(of: note, with: record)
        var tree = TiledTree(of: files, size: size)
        let proof = LogProof(
            index: record, hashes: try tree.inclusionProof(of: record), checkpoint: note)
        return (proof, try tree.record(record))
    }

    private func fromSegments(_ record: Int) throws -> (LogProof, [UInt8]) {
        var reader = try open()
        guard let note = reader.checkpoint else { throw noCheckpoint }
        let size = try size(of: note, with: record)
        var leaves: [ErgonModel.Digest] = []
        var found: [UInt8] = []
        while leaves.count < size, let item = try reader.next() {
            guard case .record(let place, let bytes) = item else { continue }
            if place.sequence == record { found = bytes }
            leaves.append(leafHash(bytes))
        }
        let hashes = MerkleTree.inclusionProof(of: record, in: leaves[...])
        return (LogProof(index: record, hashes: hashes, checkpoint: note), found)
    }

    private func size(of note: SignedNote, with record: Int) throws -> Int {
        let size = try Checkpoint(parsing: note.text).head.size
        guard (0..<size).contains(record) else {
            throw CommandFault(
                place: folder, problem: "the checkpoint signs records 0 to \(size - 1)",
                remedy: "name one of these: `ergon audit show` lists them")
        }
        return size
    }
}
