import ArgumentParser
import ErgonMerge
import ErgonModel
import FoundationEssentials
import Glibc

struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Merges files as a campaign's built-in merges do.",
        discussion: """
            In the order given; docs/MANIFEST.md says by which rules. Workers run this very \
            command. Without --top the result may carry what the next level of a merge needs.
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case lines, csv, counts, histogram
    }

    @Option(help: "The rule.")
    var kind: Kind
    @Option(help: "The file to make.", completion: .file())
    var out: String
    @Option(help: "A key whose integers are settings (counts); may be given more than once.")
    var equal: [String] = []
    @Flag(help: "This is the last merge.")
    var top = false
    @Argument(help: "The files to merge.", completion: .file())
    var files: [String]

    func run() async throws {
        try await reporting {
            let pieces = try files.map { Piece(name: $0, bytes: try readFile($0)) }
            let rule: MergeSpec.Rule =
                switch kind {
                case .lines: .lines
                case .csv: .csv
                case .counts: .counts(equal: equal)
                case .histogram: .histogram
                }
            let merged = try merged(rule, pieces, isTop: top)
            try writeFile(merged, to: out)
        }
    }
}

func readFile(_ path: String) throws -> [UInt8] {
    do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
        throw CommandFault(
            place: path, problem: "cannot be read", remedy: "check the path and its permissions")
    }
}

/// Whole or not at all.
func writeFile(_ bytes: [UInt8], to path: String) throws {
    do { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
        throw CommandFault(
            place: path, problem: "cannot be written: \(error)",
            remedy: "check the folder, its permissions and the room on the disk", exit: Exit.no)
    }
}
