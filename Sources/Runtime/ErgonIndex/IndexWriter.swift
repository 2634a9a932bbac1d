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
        work = try insert("work", 5)
        file = try insert("file", 5)
        used = try insert("used", 3)
        output = try insert("output", 5)
    }

    func add(_ row: IndexRow, _ sequence: Int) throws(IndexFault) {
        switch row {
        case .mention(let subject, let name):
            try mention.run([.integer(subject.rawValue), .text(name), .integer(sequence)])
        case .work(let campaign, let stage, let tasks):
            try work.run([
                .integer(campaign.number), .text(stage), .integer(tasks.lowerBound),
                .integer(tasks.upperBound - 1), .integer(sequence),
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
