import ErgonAudit
import ErgonModel

/// Puts rows into their tables.
struct IndexWriter {
    private let mention: Statement
    private let work: Statement
    private let file: Statement
    private let used: Statement
    private let output: Statement

    init(_ database: Database) throws(IndexFault) {
        func insert(_ table: String, _ columns: Int) throws(IndexFault) -> Statement {
            let places = Array(repeating: "?", count: columns).joined(separator: ", ")
            return try database.prepare("INSERT OR REPLACE INTO \(table) VALUES(\(places))")
        }
        mention = try insert("mention", 3)
        work = try insert("work", 6)
        file = try insert("file", 5)
        used = try insert("used", 3)
        output = try insert("output", 5)
    }

    /// The power of two that so many tasks fit into: whoever looks for one task need not look
    /// further back than that.
    private static func width(of tasks: Range<Int>) -> Int {
        1 << (Int.bitWidth - max(tasks.count - 1, 0).leadingZeroBitCount)
    }

    func add(_ row: IndexRow, _ sequence: Int) throws(IndexFault) {
        switch row {
        case .mention(let subject, let name):
            try mention.run([.integer(subject.rawValue), .text(name), .integer(sequence)])
        case .work(let campaign, let stage, let tasks):
            try work.run([
                .integer(campaign.number), .text(stage), .integer(tasks.lowerBound),
                .integer(tasks.upperBound - 1), .integer(Self.width(of: tasks)), .integer(sequence),
            ])
        case .file(let campaign, let role, let group, let name, let digest):
            try file.run([
                .integer(campaign.number), .integer(role.rawValue), .text(group), .text(name),
                .text(digest.hex),
            ])
        case .used(let campaign, let output, let group):
            try used.run([.integer(campaign.number), .text(output), .text(group)])
        case .output(let campaign, let published):
            try output.run([
                .integer(campaign.number), .text(published.name), .text(published.file),
                .text(published.content.digest.hex), .integer(sequence),
            ])
        }
    }
}
