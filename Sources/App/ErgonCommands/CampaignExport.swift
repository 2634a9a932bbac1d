import ArgumentParser
import ErgonAudit
import ErgonCoordinatorService
import ErgonModel
import ErgonProvenance
import ErgonStorage
import FoundationEssentials

/// Which campaign of which log is to be exported.
struct ExportArguments: ParsableArguments {
    @Option(help: "The campaign's number or name; `last` is the newest.")
    var campaign = "last"
    @Option(
        help: "The log's folder, or one that it was exported to, instead of a home.",
        completion: .directory)
    var log: String?
    @OptionGroup var home: HomeOption
    @Option(help: "The content store, if it is not beside the log.", completion: .directory)
    var content: String?

    var arguments: LogArguments {
        var arguments = LogArguments()
        (arguments.log, arguments.home, arguments.content) = (log, home, content)
        return arguments
    }

    /// Reads the log, as far as its checkpoint signs it.
    /// - Throws: if there is no such campaign, if it has not ended, or if the log is damaged.
    func read() throws -> ExportedCampaign {
        let log = arguments
        var reader = try log.openEither()
        guard let note = reader.checkpoint else { throw log.noCheckpoint }
        let signed = try Checkpoint(parsing: note.text)
        var histories = Histories(origin: signed.origin) { [content = log.contentFolder] digest in
            storedCampaign(digest, in: content)
        }
        while let item = try reader.next() {
            switch item {
            case .record(let place, let bytes):
                guard place.sequence < signed.head.size else { continue }
                let (sequence, record) = try decode(bytes)
                histories.add(record, sequence, bytes: bytes)
            case .damage(let damage):
                throw CommandFault(
                    place: "record \(damage.place.sequence)", problem: "\(damage)",
                    remedy: "nothing is exported of a damaged log: see `ergon audit verify`",
                    exit: Exit.no)
            case .unfinished: break
            }
        }
        return try chosen(of: histories.all, note)
    }

    private func chosen(
        of all: [CampaignHistory], _ note: SignedNote
    ) throws -> ExportedCampaign {
        let found = try logged(
            campaign, among: all, by: \.accepted,
            else: "the log has no such campaign with a readable manifest")
        guard let exported = ExportedCampaign(found, checkpoint: note) else {
            throw CommandFault(
                place: "campaign \(found.accepted.id)",
                problem: "it has not ended, or its end is not signed yet",
                remedy: "export it when `ergon status` says how it ended", exit: Exit.no)
        }
        return exported
    }
}

/// Into a file, or to standard output if none is named.
func writeExport(_ text: String, to file: String?) throws {
    guard let file else { return printData(text) }
    try writeFile(Array((text + "\n").utf8), to: absolute(file))
}

struct AuditExportSLSACommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slsa", abstract: "Attests what made a campaign's outputs, signed.",
        discussion: """
            A DSSE envelope over an in-toto Statement v1 with SLSA provenance v1, signed by the \
            log's key, or by that of --key. `ergon audit check` verifies it, and so do tools for \
            in-toto; `keyid` is the verifier key itself.
            """)

    @Argument(help: "The file to write. Default: standard output.", completion: .file())
    var file: String?
    @OptionGroup var export: ExportArguments
    @Option(
        help: "A file with the 32 bytes of an Ed25519 seed, instead of the log's own key.",
        completion: .file())
    var key: String?
    @Option(help: "The name of the key of --key. Default: the log's.")
    var keyName: String?

    func run() async throws {
        try await reporting {
            let exported = try export.read()
            let signer = try export.signer(for: exported, key: key, name: keyName)
            try writeExport(exported.attestation(by: signer).text, to: file)
        }
    }
}

extension ExportedCampaign {
    func attestation(by signer: NoteSigner) -> Attestation {
        Attestation(of: Array(slsaStatement.text().utf8), signer: signer)
    }
}

extension ExportArguments {
    /// The log's own, if no other key is named.
    func signer(
        for exported: ExportedCampaign, key: String? = nil, name: String? = nil
    ) throws -> NoteSigner {
        let path = key.map(absolute) ?? CoordinatorHome(folder: "\(arguments.around)").logKey
        let name = name ?? exported.history.origin
        guard let signer = NoteSigner(name: name, seed: try readFile(path)) else {
            throw CommandFault(
                place: path, problem: "this is no key for `\(name)`",
                remedy: "give a file of 32 random bytes, and a name without spaces and `+`")
        }
        return signer
    }
}

struct AuditExportBOMCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bom", abstract: "Lists a campaign's models, data and programs.",
        discussion: "A CycloneDX 1.6 bill of materials, with the energy of what ran with a model.")

    @Argument(help: "The file to write. Default: standard output.", completion: .file())
    var file: String?
    @OptionGroup var export: ExportArguments

    func run() async throws {
        try await reporting { try writeExport(try export.read().billOfMaterials.text(), to: file) }
    }
}

struct AuditExportLineageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lineage", abstract: "Tells a campaign as OpenLineage run events.",
        discussion: "One event a line, in the order of their times.")

    @Argument(help: "The file to write. Default: standard output.", completion: .file())
    var file: String?
    @OptionGroup var export: ExportArguments

    func run() async throws {
        try await reporting {
            let events = try export.read().lineage.map { $0.text() }
            try writeExport(events.joined(separator: "\n"), to: file)
        }
    }
}

struct AuditExportPROVCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prov", abstract: "Tells who did what with what, as PROV-JSON.")

    @Argument(help: "The file to write. Default: standard output.", completion: .file())
    var file: String?
    @OptionGroup var export: ExportArguments

    func run() async throws {
        try await reporting { try writeExport(try export.read().provJSON.text(), to: file) }
    }
}

struct AuditExportCrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crate", abstract: "Packs a campaign as a Provenance Run Crate.",
        discussion: """
            A folder with `ro-crate-metadata.json`, the manifest, the signed checkpoint, and those \
            outputs that are in the content store. What is not at hand is named by its digest. \
            Up to 256 attempts are told one by one, more by the sums of each stage.
            """)

    @Argument(help: "The folder to write to.", completion: .directory)
    var folder: String
    @OptionGroup var export: ExportArguments

    func run() async throws {
        try await reporting {
            try writeCrate(
                of: try export.read(),
                from: ContentStore(reading: export.arguments.contentFolder), to: absolute(folder))
        }
    }
}

/// What is not in the store is only named.
func writeCrate(
    of exported: ExportedCampaign, from store: ContentStore, to folder: String
) throws {
    try makeFolder("\(folder)/outputs")
    let manifest = try store.read(exported.history.accepted.manifest)
    try writeFile(manifest, to: "\(folder)/\(RunCrate.manifestName)")
    var present: Set<ErgonModel.Digest> = []
    for output in exported.outputs where store.has(output.content.digest) {
        present.insert(output.content.digest)
        try writeFile(
            try store.read(output.content.digest), to: "\(folder)/\(RunCrate.path(of: output))")
    }
    let crate = RunCrate(of: exported, present: present)
    try writeFile(Array(crate.readme.utf8), to: "\(folder)/\(RunCrate.readmeName)")
    try writeFile(
        Array(exported.checkpoint.note.utf8), to: "\(folder)/\(RunCrate.checkpointName)")
    try writeFile(Array(crate.metadata.text().utf8), to: "\(folder)/\(RunCrate.metadataName)")
}
