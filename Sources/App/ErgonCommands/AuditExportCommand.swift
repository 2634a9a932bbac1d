import ArgumentParser
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import ErgonTransfer
import ErgonWitness
import FoundationEssentials

struct AuditExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Writes what others can check with tools of their own.",
        subcommands: [
            AuditExportLogCommand.self, AuditExportSLSACommand.self, AuditExportCrateCommand.self,
            AuditExportBOMCommand.self, AuditExportLineageCommand.self, AuditExportPROVCommand.self,
        ])
}

struct AuditExportLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Writes a log as tiles, which anybody's tools can check.",
        discussion: """
            The form is that of c2sp.org/tlog-tiles: `checkpoint`, `tile/…`; beside it the log's \
            verifier key and the manifests that the records name. All that the checkpoint signs, \
            and nothing after it. In a folder to which it was exported before only what is new is \
            written, and the checkpoint comes last: the folder may be served all the time.

            Each --witness is asked to sign that the log has only grown since it saw it last; its \
            signature joins the checkpoint. Exit status 1 if one does not sign.
            """)

    @Argument(help: "The folder to write to.", completion: .directory)
    var folder: String
    @Option(help: "The log's folder, instead of a home.", completion: .directory)
    var log: String?
    @OptionGroup var home: HomeOption
    @Option(help: "URL of a witness (`ergon witness`); may be given again.")
    var witness: [String] = []
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            var arguments = LogArguments()
            (arguments.log, arguments.home, arguments.content) = (log, home, nil)
            var export = try LogExport(of: arguments, to: absolute(folder))
            try await export.haveSigned(by: witness)
            let signed = witness.count - export.faults.count
            let vouched =
                witness.isEmpty
                ? "" : ", signed by \(counted(signed, "witness", "witnesses"))"
            output.print(
                "\(counted(export.head.size, "record")), root \(export.head.root.hex)\(vouched): "
                    + "\(counted(export.written, "file")) written",
                json: [
                    "version": .integer(1), "records": .int(export.head.size),
                    "root": .string(export.head.root.hex), "written": .int(export.written),
                    "witnesses": .int(signed),
                ])
            for fault in export.faults { printNote("\(fault.place): \(fault.problem)") }
            if !export.faults.isEmpty { throw Exit.no }
        }
    }
}

/// A log on its way into a folder of tiles.
private struct LogExport {
    private(set) var head = TreeHead(size: 0, root: emptyRoot)
    /// How many files were not there yet, or were others.
    private(set) var written = 0
    /// Why witnesses have not signed.
    private(set) var faults: [any Actionable] = []
    private let tiles: TileFolder
    private var checkpoint: SignedNote

    init(of log: LogArguments, to folder: String) throws {
        tiles = TileFolder(folder)
        var reader = try log.open()
        guard let note = reader.checkpoint else { throw log.noCheckpoint }
        checkpoint = note
        let signed = try Checkpoint(parsing: note.text).head
        try refuseToRewind(to: signed)
        let content = ContentStore(reading: log.contentFolder)
        let exported = try ContentStore("\(folder)/content")
        var builder = TileBuilder()
        while builder.frontier.size < signed.size, let item = try reader.next() {
            guard case .record(_, let bytes) = item else { continue }
            try builder.append(bytes) { path, bytes throws(SystemFault) in
                try write(bytes, to: path.text)
            }
            try exportContent(namedBy: bytes, from: content, to: exported)
        }
        try builder.finish { path, bytes throws(SystemFault) in try write(bytes, to: path.text) }
        head = TreeHead(size: builder.frontier.size, root: builder.frontier.root)
        guard head == signed else {
            throw CommandFault(
                place: log.folder, problem: "the log is not what its checkpoint says",
                remedy: "`ergon audit verify` says what is wrong with it", exit: Exit.no)
        }
        try write(try readFile("\(log.around)/log-key.pub"), to: "log-key.pub")
        if try readAuthority(log.authority) != nil {
            try write(try readFile(log.authority), to: "authority.pem")
        }
        try exported.sync()
        try tiles.sync()
        try writeCheckpoint()
    }

    private mutating func writeCheckpoint() throws {
        try write(Array(checkpoint.note.utf8), to: "checkpoint")
        try tiles.sync()
    }

    /// What witnesses sign joins the checkpoint.
    mutating func haveSigned(by witnesses: [String]) async throws {
        guard !witnesses.isEmpty else { return }
        let client = WitnessClient(TransferClient())
        var tree = TiledTree(of: tiles, size: head.size)
        for witness in witnesses {
            do {
                checkpoint.signatures += try await client.cosignatures(
                    of: checkpoint, from: witness
                ) { old in try tree.consistencyProof(from: old) }
            } catch let fault as any Actionable {
                faults.append(fault)
            }
        }
        try writeCheckpoint()
    }

    /// A folder must not go back to an earlier state of the log, nor to that of another log.
    private func refuseToRewind(to signed: TreeHead) throws {
        guard let bytes = try tiles.content(of: "checkpoint"),
            let note = try? SignedNote(parsing: bytes),
            let there = try? Checkpoint(parsing: note.text).head
        else { return }
        guard there.size > signed.size || there.size == signed.size && there.root != signed.root
        else { return }
        throw CommandFault(
            place: tiles.folder, problem: "there are \(there.size) records of another log here",
            remedy: "export to a folder of its own", exit: Exit.no)
    }

    private mutating func exportContent(
        namedBy record: [UInt8], from content: ContentStore, to exported: ContentStore
    ) throws {
        switch try decode(record).record.event {
        case .campaignAccepted(let accepted):
            export(
                accepted.manifest, "the manifest of campaign \(accepted.id)", content, exported)
        case .results(let batch), .superseded(let batch):
            guard let statement = batch.signature?.statement else { return }
            export(statement, "what worker \(batch.worker) signed", content, exported)
        case .policyInForce(let policy):
            if let policy { export(policy, "a policy", content, exported) }
        case .policyDecided(let recorded):
            if recorded.campaign == nil {
                export(recorded.decision.manifest, "a refused manifest", content, exported)
            }
        case .planAdopted(let plan): export(plan.content.digest, "a plan", content, exported)
        case .coordinatorStarted, .workerJoined, .resultsReused, .stageSized, .campaignHeld,
            .campaignReleased,
            .campaignReopened, .campaignCancelled, .campaignSealed, .campaignForgotten,
            .workerStands, .approved, .energyMetered, .logRepaired:
            break
        }
    }

    private mutating func export(
        _ digest: Digest, _ what: String, _ content: ContentStore, _ exported: ContentStore
    ) {
        guard !exported.has(digest) else { return }
        do throws(StoreFault) {
            _ = try exported.put(try content.read(digest))
            written += 1
        } catch {
            printNote("without \(what): \(error.problem)")
        }
    }

    private mutating func write(_ bytes: [UInt8], to path: String) throws(SystemFault) {
        if try tiles.content(of: path) == bytes { return }
        try tiles.write(bytes, to: path)
        written += 1
    }
}
