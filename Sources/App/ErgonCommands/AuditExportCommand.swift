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
    /// Why witnesses have not signed.
    private(set) var faults: [any Actionable] = []
    private var publication: LogPublication
    private var checkpoint: SignedNote

    init(of log: LogArguments, to folder: String) throws {
        // Says in its own words what keeps the log from being read.
        _ = try log.open()
        publication = try LogPublication(
            of: log.folder, content: ContentStore(reading: log.contentFolder), to: folder)
        guard let note = try publication.update() else { throw log.noCheckpoint }
        checkpoint = note
        for (what, why) in publication.lacking { printNote("without \(what): \(why)") }
        try publication.write(try readFile("\(log.around)/log-key.pub"), to: "log-key.pub")
        if try readAuthority(log.authority) != nil {
            try publication.write(try readFile(log.authority), to: "authority.pem")
        }
        try publication.tiles.sync()
        try writeCheckpoint()
    }

    var head: TreeHead { publication.head }
    /// How many files were not there yet, or were others.
    var written: Int { publication.written }

    private mutating func writeCheckpoint() throws {
        try publication.write(checkpoint)
        try publication.tiles.sync()
    }

    /// What witnesses sign joins the checkpoint.
    mutating func haveSigned(by witnesses: [String]) async throws {
        guard !witnesses.isEmpty else { return }
        let client = WitnessClient(TransferClient())
        var tree = TiledTree(of: publication.tiles, size: head.size)
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
}
