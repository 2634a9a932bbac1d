package import ErgonAudit
package import ErgonModel
package import ErgonProvenance

/// Finds records by what they are about. A file that may be removed at any time: it is made of the
/// log, and brought up to it before it is asked. It is never the truth: what it names is read in
/// the log.
package struct QueryIndex {
    private let database: Database
    /// Of the records that are in it.
    package private(set) var head: TreeHead

    /// Of the tables below; an index of another version is made anew.
    private static let version = 2

    private static let tables = """
        CREATE TABLE head(version INTEGER, size INTEGER, root TEXT);
        CREATE TABLE mention(subject INTEGER, name TEXT, sequence INTEGER,
            PRIMARY KEY(subject, name, sequence)) WITHOUT ROWID;
        CREATE TABLE work(campaign INTEGER, stage TEXT, first INTEGER, last INTEGER,
            width INTEGER, sequence INTEGER,
            PRIMARY KEY(campaign, stage, first, sequence)) WITHOUT ROWID;
        CREATE TABLE file(campaign INTEGER, role INTEGER, input TEXT, name TEXT, digest TEXT,
            PRIMARY KEY(digest, campaign, input, name)) WITHOUT ROWID;
        CREATE INDEX work_stage ON work(stage, width, first);
        CREATE INDEX file_input ON file(input);
        CREATE TABLE used(campaign INTEGER, output TEXT, input TEXT,
            PRIMARY KEY(campaign, input, output)) WITHOUT ROWID;
        CREATE TABLE output(campaign INTEGER, name TEXT, file TEXT, digest TEXT,
            sequence INTEGER, PRIMARY KEY(campaign, name, sequence)) WITHOUT ROWID;
        CREATE INDEX output_name ON output(name);
        CREATE INDEX output_digest ON output(digest);
        """

    /// Opens the index, or starts one.
    package init(_ path: String) throws(IndexFault) {
        database = try Database(path)
        head = TreeHead(size: 0, root: emptyRoot)
        try database.run("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;")
        if try !readHead() { try clear() }
    }

    /// - Returns: false unless it is an index of this version.
    private mutating func readHead() throws(IndexFault) -> Bool {
        var found: TreeHead?
        var isThere = false
        let names = try database.prepare("SELECT name FROM sqlite_master WHERE name = 'head'")
        try names.run([]) { _ in isThere = true }
        guard isThere else { return false }
        let heads = try database.prepare("SELECT version, size, root FROM head")
        try heads.run([]) { row in
            guard row.integer(0) == Self.version, let root = Digest(hex: row.text(2)) else {
                return
            }
            found = TreeHead(size: row.integer(1), root: root)
        }
        if let found { head = found }
        return found != nil
    }

    private mutating func clear() throws(IndexFault) {
        head = TreeHead(size: 0, root: emptyRoot)
        for table in ["head", "mention", "work", "file", "used", "output"] {
            try database.run("DROP TABLE IF EXISTS \(table)")
        }
        try database.run(Self.tables)
    }

    /// Brings the index up to what `signed` says of the log. One of another past is made anew.
    /// - Parameters:
    ///   - open: the log, from its first record on.
    ///   - campaign: as for `Audit`.
    package mutating func update(
        to signed: TreeHead, campaign: (Digest) -> Campaign?,
        _ open: () throws -> any RecordSource
    ) throws {
        if head == signed { return }
        if signed.size < head.size { try clear() }
        if try !add(upTo: signed, campaign, try open()) {
            try clear()
            guard try add(upTo: signed, campaign, try open()) else {
                throw IndexFault(
                    place: database.path, problem: "the log is not what its checkpoint says")
            }
        }
    }

    /// - Returns: false, and nothing is changed, if the log does not begin with what is indexed,
    ///   or is not what its checkpoint says.
    private mutating func add(
        upTo signed: TreeHead, _ campaign: (Digest) -> Campaign?, _ log: any RecordSource
    ) throws -> Bool {
        var (log, frontier) = (log, MerkleFrontier())
        let writer = try IndexWriter(database)
        try database.run("BEGIN")
        var isSame = true
        while isSame, frontier.size < signed.size, let item = try log.next() {
            guard case .record(let place, let bytes) = item else { continue }
            if frontier.size == head.size { isSame = frontier.root == head.root }
            frontier.append(leafHash(bytes))
            if frontier.size > head.size, isSame {
                for row in indexRows(of: try decode(bytes).record.event, campaign: campaign) {
                    try writer.add(row, place.sequence)
                }
            }
        }
        if frontier.size == head.size { isSame = frontier.root == head.root }
        let reached = TreeHead(size: frontier.size, root: frontier.root)
        guard isSame, reached == signed else {
            try database.run("ROLLBACK")
            return false
        }
        try database.run("DELETE FROM head")
        let statement = try database.prepare("INSERT INTO head VALUES(?, ?, ?)")
        try statement.run([
            .integer(Self.version), .integer(signed.size), .text(signed.root.hex),
        ])
        try database.run("COMMIT")
        head = signed
        return true
    }

    // MARK: Questions

    /// Records about a worker or a person, or by them.
    /// - Parameter name: as it is on record, or the last parts of it: `ann` and `submitter/ann` are
    ///   `spiffe://ergon/submitter/ann`.
    package func records(
        about subject: IndexRow.Subject, named name: String
    ) throws(IndexFault) -> [Int] {
        try numbers(
            """
            SELECT DISTINCT sequence FROM mention
            WHERE subject = ? AND (name = ? OR substr(name, -1 - length(?)) = '/' || ?)
            ORDER BY sequence
            """,
            [.integer(subject.rawValue), .text(name), .text(name), .text(name)])
    }

    /// Records with results of one task of a step, of whatever campaign; the newest last.
    /// - Parameter name: `step.output/task` or `step/task`; of any other there are none.
    package func records(ofTask name: String) throws(IndexFault) -> [Int] {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let task = Int(parts[1]) else { return [] }
        return try numbers(
            """
            WITH RECURSIVE widths(n) AS
                (VALUES(1) UNION ALL SELECT 2 * n FROM widths WHERE n < 1 << 53)
            SELECT sequence FROM widths CROSS JOIN work
            WHERE stage = ?1 AND width = n AND first BETWEEN ?2 - n + 1 AND ?2 AND last >= ?2
            ORDER BY sequence
            """,
            [.text(String(parts[0].prefix { $0 != "." })), .integer(task)])
    }

    /// Records with results of the merges that made published outputs, or of the one task that did.
    package func makers(of outputs: [FoundOutput]) throws(IndexFault) -> [Int] {
        var found: [Int] = []
        for output in outputs {
            let merges = try numbers(
                "SELECT sequence FROM work WHERE campaign = ? AND stage GLOB ? ORDER BY sequence",
                [.integer(output.campaign.number), .text("\(output.name)/*")])
            let step = String(output.name.prefix { $0 != "." })
            found +=
                merges.isEmpty
                ? try numbers(
                    "SELECT sequence FROM work WHERE campaign = ? AND stage = ? ORDER BY sequence",
                    [.integer(output.campaign.number), .text(step)]) : merges
        }
        return found
    }

    private func numbers(
        _ question: String, _ values: [Statement.Value]
    ) throws(IndexFault) -> [Int] {
        var found: [Int] = []
        try database.prepare(question).run(values) { found.append($0.integer(0)) }
        return found
    }

    /// An output that a seal names.
    package struct FoundOutput: Hashable, Sendable {
        package var campaign: CampaignID
        package var name: String
        package var file: String
        package var digest: String
        /// Of the seal.
        package var sequence: Int
    }

    /// Published outputs of that name, or with that digest; the newest last.
    package func outputs(named name: String) throws(IndexFault) -> [FoundOutput] {
        try outputs(
            """
            SELECT campaign, name, file, digest, sequence FROM output
            WHERE name = ? OR digest = ? ORDER BY sequence
            """, [.text(name), .text(name)])
    }

    /// Published outputs that are made of an input, which is named, or of a file with that digest.
    package func outputs(
        using input: String, as roles: [IndexRow.FileRole]
    ) throws(IndexFault) -> [FoundOutput] {
        let list = roles.map { "\($0.rawValue)" }.joined(separator: ", ")
        return try outputs(
            """
            SELECT DISTINCT o.campaign, o.name, o.file, o.digest, o.sequence
            FROM file f JOIN used u ON u.campaign = f.campaign AND u.input = f.input
            JOIN output o ON o.campaign = u.campaign AND o.name = u.output
            WHERE (f.input = ? OR f.digest = ?) AND f.role IN (\(list)) ORDER BY o.sequence, o.name
            """, [.text(input), .text(input)])
    }

    private func outputs(
        _ question: String, _ values: [Statement.Value]
    ) throws(IndexFault) -> [FoundOutput] {
        var found: [FoundOutput] = []
        try database.prepare(question).run(values) { row in
            found.append(
                FoundOutput(
                    campaign: CampaignID(row.integer(0)), name: row.text(1), file: row.text(2),
                    digest: row.text(3), sequence: row.integer(4)))
        }
        return found
    }
}
