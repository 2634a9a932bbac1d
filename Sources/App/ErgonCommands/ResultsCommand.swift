import ArgumentParser
import ErgonModel
import ErgonTransfer
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import Glibc

struct ResultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "results", abstract: "Lists a campaign's outputs, or fetches them.",
        discussion: """
            A merged output is listed as STEP.OUTPUT, one that is kept task by task as \
            STEP.OUTPUT/TASK. A file that lacks tasks has `.partial` in its name.
            """)

    @OptionGroup var home: HomeOption
    @OptionGroup var campaign: CampaignArgument
    @Option(help: "Fetch the merged outputs into this folder.", completion: .directory)
    var fetch: String?
    @Flag(help: "Fetch those that are kept task by task as well.")
    var all = false
    @Option(help: "Print this output, as STEP.OUTPUT, and nothing else.")
    var print: String?
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let results = try await withCoordinator(home.folder) { client in
                let results = try await askForResults(of: campaign.selector, client)
                if let name = self.print { try await show(name, of: results, client) }
                if let fetch { try await save(results, into: absolute(fetch), all: all, client) }
                return results
            }
            if !results.withheld.isEmpty { printNote(results.withheld) }
            if self.print != nil { return }
            printData(output.format == .json ? results.json.text() : results.text)
        }
    }
}

/// Asks for a campaign's outputs. Their names become paths here: none may lead out of its folder.
func askForResults(
    of selector: Ergon_V1_CampaignSelector, _ client: ControlClient
) async throws -> Ergon_V1_ResultsReply {
    let results = try await client.control.results(selector, options: ControlClient.patience)
    for output in results.outputs
    where !isFileName(output.file.name, atMost: 255) || !isFileName(output.localName, atMost: 255) {
        throw CommandFault(
            place: output.name,
            problem: "`\(output.localName)`, as the coordinator has it, is no name of a file",
            remedy: "nothing was fetched; ask whoever runs the coordinator", exit: Exit.no)
    }
    return results
}

/// Prints one output as it is.
func show(
    _ name: String, of results: Ergon_V1_ResultsReply, _ client: ControlClient
) async throws {
    if results.outputs.isEmpty, !results.withheld.isEmpty {
        throw CommandFault(
            place: name, problem: results.withheld, remedy: "wait for it", exit: Exit.no)
    }
    guard let output = results.outputs.first(where: { $0.name == name }) else {
        throw CommandFault(
            place: name, problem: "the campaign has no such output",
            remedy: "there are " + results.outputs.map(\.name).joined(separator: ", "),
            exit: Exit.usage)
    }
    write(try await content(try output.file.stored(), client), to: STDOUT_FILENO)
}

/// Fetches outputs into a folder, each under its own name.
func save(
    _ results: Ergon_V1_ResultsReply, into folder: String, all: Bool, _ client: ControlClient
) async throws {
    try makeFolder(folder)
    for output in results.outputs where output.merged || all {
        let file = try output.file.stored()
        try await client.transfers.fetch(
            file.digest, size: file.size, from: client.endpoint,
            to: "\(folder)/\(output.localName)")
    }
}

/// Small content, whole.
func content(_ file: StoredFile, _ client: ControlClient) async throws -> [UInt8] {
    let folder = try makeTemporaryFolder()
    let path = "\(folder)/content"
    defer {
        unlink(path)
        rmdir(folder)
    }
    try await client.transfers.fetch(
        file.digest, size: file.size, from: client.endpoint, to: path)
    return try readFile(path)
}

/// A new folder that nobody else may look into, under a name that nobody can guess.
private func makeTemporaryFolder() throws(CommandFault) -> String {
    let parent = FileManager.default.temporaryDirectory.path
    var path = Array("\(parent)/ergon-XXXXXX".utf8CString)
    guard mkdtemp(&path) != nil else {
        throw CommandFault(
            place: parent, problem: "no folder can be made: \(String(cString: strerror(errno)))",
            remedy: "check its permissions and the room on the disk, or name another by TMPDIR",
            exit: Exit.no)
    }
    return String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

extension Ergon_V1_NamedOutput {
    /// `step.` and the file's own name: two steps may call theirs the same.
    var localName: String {
        let step = name.prefix { $0 != "." }
        return "\(step).\(file.name)"
    }

    var missingText: String {
        guard let set = try? IntervalSet(missing), !set.isEmpty else { return "" }
        return "without \(set.taskText)"
    }
}

extension Ergon_V1_ResultsReply {
    private static let failuresShown = 20

    var text: String {
        var lines = ["\(state)"]
        let merged = outputs.filter(\.merged)
        if !merged.isEmpty {
            lines.append(
                table(
                    ["output", "file", "size", "sha256", ""],
                    merged.map { output in
                        [
                            output.name, output.localName,
                            ErgonCommands.text(ByteCount(output.file.size)),
                            String(hexadecimal(output.file.sha256).prefix(16)), output.missingText,
                        ]
                    }, right: [2]))
        }
        lines += kept.map { group in
            "kept task by task: \(group.name), \(counted(group.files, "file")), "
                + ErgonCommands.text(group.size)
        }
        for failure in failures.prefix(Self.failuresShown) {
            let reads = failure.reads.isEmpty ? "" : " (\(failure.reads))"
            lines.append("failed: \(failure.stage).\(failure.task)\(reads): \(failure.reason)")
        }
        if failures.count > Self.failuresShown {
            lines.append("… and \(failures.count - Self.failuresShown) more; -o json lists all")
        }
        return lines.joined(separator: "\n")
    }

    /// Outputs without a merge, one line for each.
    private var kept: [(name: String, files: Int, size: ByteCount)] {
        var groups: [(name: String, files: Int, size: ByteCount)] = []
        for output in outputs where !output.merged {
            let name = String(output.name.prefix { $0 != "/" })
            if groups.last?.name != name { groups.append((name, 0, ByteCount(0))) }
            groups[groups.count - 1].files += 1
            groups[groups.count - 1].size.bytes += output.file.size
        }
        return groups
    }

    var json: JSON {
        .object([
            "version": .integer(1), "state": .string(state),
            "outputs": .array(
                outputs.map { output in
                    .object([
                        "name": .string(output.name), "file": .string(output.localName),
                        "sha256": .string(hexadecimal(output.file.sha256)),
                        "bytes": .integer(output.file.size), "merged": .bool(output.merged),
                        "missing": .array(output.missing.map(\.json)),
                    ])
                }),
            "coverage": .array(coverage.map(\.json)),
            "failures": .array(
                failures.map { failure in
                    .object([
                        "stage": .string(failure.stage), "task": .integer(failure.task),
                        "reason": .string(failure.reason), "reads": .string(failure.reads),
                    ])
                }),
        ])
    }
}

extension Ergon_V1_Interval {
    var json: JSON { .object(["first": .integer(first), "count": .integer(count)]) }
}

extension Ergon_V1_CoverageEntry {
    var json: JSON {
        .object([
            "step": .string(step), "source": .string(source), "unit": .string(unit),
            "declared": declared.json, "covered": .array(covered.map(\.json)),
            "gaps": .array(
                gaps.map { gap in
                    .object(["range": gap.range.json, "reason": .string(gap.reason)])
                }),
        ])
    }
}
