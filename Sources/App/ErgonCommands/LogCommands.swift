import ArgumentParser
import ErgonModel
import ErgonProvenance
import ErgonStorage
import ErgonSystem
import Glibc

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Checks and repairs a coordinator's log, byte by byte.",
        discussion: """
            What a coordinator that will not start says of its log, in full, and a way on if no \
            copy is left to restore. Whether what the records say is right: `ergon audit verify`.
            """,
        subcommands: [LogCheckCommand.self, LogRepairCommand.self])
}

/// Which log is meant.
struct ChosenLog: ParsableArguments {
    @Argument(help: "The log's folder. Default: the log of --home.", completion: .directory)
    var log: String?
    @OptionGroup var home: HomeOption

    var arguments: LogArguments {
        var arguments = LogArguments()
        arguments.log = log
        arguments.home = home
        arguments.content = nil
        return arguments
    }
}

struct LogCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Reads a whole log and lists all that is damaged in it.",
        discussion: """
            Every checksum, the chain of segments, the Merkle tree and the checkpoint that it must \
            agree with; then the snapshots, which nobody needs. Changes nothing; the coordinator \
            may run meanwhile. Exit status 1 if there is damage.
            """)

    @OptionGroup var chosen: ChosenLog
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let arguments = chosen.arguments
            let check = try LogCheck(try arguments.open(), folder: arguments.folder)
            output.print(check.text, json: check.json)
            if !check.damage.isEmpty { throw Exit.no }
        }
    }
}

struct LogRepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "Gives up the end of a damaged log.",
        discussion: """
            Keeps the first N records and puts everything behind them aside, in a folder \
            `given-up-TIME` of the log's own; nothing is deleted. A last record says what was \
            given up, and every audit shows it. What those records said is forgotten: tasks whose \
            results were in them run again. Restore the log from a copy instead, if there is one.

            `ergon log check` says how many records can be kept. No coordinator may be running.
            """)

    @Option(
        name: .customLong("truncate-at"),
        help: ArgumentHelp("The number of the first record to give up.", valueName: "n"))
    var kept: Int
    @OptionGroup var chosen: ChosenLog
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard kept >= 0 else { throw ValidationError("--truncate-at is 0 or more") }
    }

    func run() async throws {
        try await reporting {
            let arguments = chosen.arguments
            // A folder that is not there must not be made.
            _ = try arguments.open()
            let repair = try LogRepair(arguments.folder, keeping: kept)
            let now = systemClock()
            let folder = "given-up-\(now.timestamp.filter { $0 != ":" })"
            let givenUp = GivenUp(records: repair.records, bytes: repair.bytes, by: userName())
            let record = Record(time: now, event: .logRepaired(givenUp))
            try repair.carryOut(into: folder, record: encode(record, sequence: kept))
            report(repair, "\(arguments.folder)/\(folder)")
        }
    }

    private func report(_ repair: LogRepair<LogFolder>, _ folder: String) {
        let (count, first) = (repair.records.count, repair.records.lowerBound)
        var lines = ["kept: \(kept) records, and one that says what was given up"]
        lines.append("given up: \(count) records from number \(first) on, \(repair.bytes) bytes")
        if repair.givesUpCheckpoint { lines.append("given up: the signed checkpoint") }
        lines.append("put aside in \(folder)")
        output.print(
            lines.joined(separator: "\n"),
            json: [
                "kept": .int(kept), "recordsGivenUp": .int(count),
                "bytesGivenUp": .int(repair.bytes),
                "checkpointGivenUp": .bool(repair.givesUpCheckpoint), "folder": .string(folder),
            ])
    }
}

/// Whoever is at the terminal, for the record.
private func userName() -> String {
    getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "user \(getuid())"
}

/// A log whose bytes were all looked at.
private struct LogCheck {
    private(set) var damage: [LogDamage] = []
    private(set) var unfinished: Int?
    private let folder: String
    private var records = 0
    private let head: TreeHead
    private let signed: Int?
    private let snapshots: (usable: [Int], unusable: [UnusedSnapshot])

    init(_ log: LogReader, folder: String) throws {
        self.folder = folder
        var log = log
        while let item = try log.next() {
            switch item {
            case .record: records += 1
            case .damage(let found): damage.append(found)
            case .unfinished(_, let count): unfinished = count
            }
        }
        head = log.head
        signed = log.checkpointSize
        snapshots = try SnapshotShelf(folder).survey()
    }

    /// How many records could be kept: those before the first damage. A checkpoint that cannot be
    /// right is given up with them, and costs none.
    private var keepable: Int {
        damage.filter { !$0.isOfCheckpoint }.map(\.place.sequence).min() ?? records
    }

    private var remedy: String {
        "restore the folder from a copy; or give up record \(keepable) and all that came after it: "
            + "ergon log repair --truncate-at \(keepable) \(folder)"
    }

    var text: String {
        var lines = damage.map { "\($0.place.segment):\($0.place.offset): \($0)" }
        lines += snapshots.unusable.map { "\($0.path): \($0.reason); a start does without it" }
        if let unfinished {
            lines.append(
                "an unfinished record of \(unfinished) bytes at the end; a start cuts it off")
        }
        let root = damage.isEmpty ? ", root \(head.root.hex)" : ""
        lines.append("\(records) records read\(root)")
        lines.append(signed.map { "the checkpoint is of \($0) records" } ?? "no checkpoint")
        lines += snapshots.usable.map { "a snapshot of \($0) records" }
        lines.append(damage.isEmpty ? "whole" : "damaged places: \(damage.count)\n    \(remedy)")
        return lines.joined(separator: "\n")
    }

    var json: [String: JSON] {
        [
            "whole": .bool(damage.isEmpty),
            "damage": .array(
                damage.map {
                    .object([
                        "segment": .string($0.place.segment), "offset": .int($0.place.offset),
                        "record": .int($0.place.sequence), "problem": .string("\($0)"),
                    ])
                }),
            "remedy": damage.isEmpty ? .null : .string(remedy),
            "records": .int(records), "recordsToKeep": .int(keepable),
            "recordsSigned": signed.map { .int($0) } ?? .null,
            "root": damage.isEmpty ? .string(head.root.hex) : .null,
            "unfinishedBytes": .int(unfinished ?? 0),
            "snapshots": .array(snapshots.usable.map { .int($0) }),
            "unusableSnapshots": .array(
                snapshots.unusable.map {
                    .object(["file": .string($0.path), "problem": .string($0.reason)])
                }),
        ]
    }
}
