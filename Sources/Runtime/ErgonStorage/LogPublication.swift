package import ErgonModel
package import ErgonProvenance

/// Brings a folder up to a log's checkpoint, in the form that others read: tiles, the log's key,
/// and the content that records name. The folder may be served meanwhile: the checkpoint comes
/// last, and is the caller's to write.
package struct LogPublication: Sendable {
    /// What is brought up.
    package let tiles: TileFolder
    /// How many files were not there yet, or were others.
    package private(set) var written = 0
    /// Content that is not at hand: what it is, and why.
    package private(set) var lacking: [(what: String, why: String)] = []

    private let log: String
    private let content: ContentStore
    private let exported: ContentStore
    private var builder = TileBuilder()

    /// - Parameters:
    ///   - log: the folder of the log's segments.
    ///   - content: where what records name is.
    package init(of log: String, content: ContentStore, to folder: String) throws(StoreFault) {
        self.log = log
        self.content = content
        tiles = TileFolder(folder)
        exported = try ContentStore("\(folder)/content")
    }

    /// Of the records that are in the tiles.
    package var head: TreeHead {
        TreeHead(size: builder.frontier.size, root: builder.frontier.root)
    }

    /// Writes what the log's checkpoint signs and was not written before.
    /// - Returns: that checkpoint; `nil` if there is none yet.
    /// - Throws: `PublicationFault`; what the disk can do.
    package mutating func update() throws -> SignedNote? {
        let before = builder
        do { return try advance() } catch {
            // What could not be written is made again the next time.
            builder = before
            throw error
        }
    }

    private mutating func advance() throws -> SignedNote? {
        lacking = []
        var reader = try LogReader(log, near: builder.frontier.size)
        guard let note = reader.checkpoint else { return nil }
        let signed = try Checkpoint(parsing: note.text).head
        if signed == head { return note }
        try refuseToRewind(to: signed)
        while builder.frontier.size < signed.size, let item = try reader.next() {
            guard case .record(let place, let bytes) = item,
                place.sequence == builder.frontier.size
            else { continue }
            try append(bytes)
        }
        // What is not full is written, too; the builder goes on as if it had not been.
        var parts: [(path: TilePath, bytes: [UInt8])] = []
        builder.finish { path, bytes in parts.append((path, bytes)) }
        for tile in parts { try write(tile.bytes, to: tile.path.text) }
        guard head == signed else {
            throw PublicationFault(
                place: log, problem: "the log is not what its checkpoint says",
                remedy: "`ergon audit verify` says what is wrong with it")
        }
        try exported.sync()
        return note
    }

    /// To be called with the checkpoint once what it signs is there.
    package mutating func write(_ checkpoint: SignedNote) throws(SystemFault) {
        try write(Array(checkpoint.note.utf8), to: "checkpoint")
    }

    /// - Parameter path: relative to the folder.
    package mutating func write(_ bytes: [UInt8], to path: String) throws(SystemFault) {
        if try tiles.content(of: path) == bytes { return }
        try tiles.write(bytes, to: path)
        written += 1
    }

    private mutating func append(_ record: [UInt8]) throws {
        var full: [(path: TilePath, bytes: [UInt8])] = []
        builder.append(record) { path, bytes in full.append((path, bytes)) }
        for tile in full {
            try write(tile.bytes, to: tile.path.text)
            try tiles.removeParts(of: tile.path)
        }
        guard let named = contentNamed(in: try decode(record).record.event),
            !exported.has(named.digest)
        else { return }
        do throws(StoreFault) {
            _ = try exported.put(try content.read(named.digest))
            written += 1
        } catch {
            lacking.append((named.what, error.problem))
        }
    }

    /// A folder must not go back to an earlier state of the log, nor to that of another log.
    private func refuseToRewind(to signed: TreeHead) throws {
        guard let bytes = try tiles.content(of: "checkpoint"),
            let note = try? SignedNote(parsing: bytes),
            let there = try? Checkpoint(parsing: note.text).head
        else { return }
        guard there.size > signed.size || there.size == signed.size && there.root != signed.root
        else { return }
        throw PublicationFault(
            place: tiles.folder, problem: "there are \(there.size) records of another log here",
            remedy: "export to a folder of its own")
    }
}

/// What an auditor needs beside a record, if it is small: it goes with the log.
package func contentNamed(in event: RecordedEvent) -> (digest: Digest, what: String)? {
    switch event {
    case .campaignAccepted(let accepted):
        (accepted.manifest, "the manifest of campaign \(accepted.id)")
    case .results(let batch), .superseded(let batch):
        batch.signature?.statement.map { ($0, "what worker \(batch.worker) signed") }
    case .policyInForce(let policy): policy.map { ($0, "a policy") }
    case .policyDecided(let recorded):
        recorded.campaign == nil ? (recorded.decision.manifest, "a refused manifest") : nil
    case .planAdopted(let plan): (plan.content.digest, "a plan")
    case .coordinatorStarted, .workerJoined, .resultsReused, .stageSized, .campaignHeld,
        .campaignReleased, .campaignReopened, .campaignCancelled, .campaignSealed,
        .campaignForgotten, .workerStands, .approved, .energyMetered, .logRepaired:
        nil
    }
}

/// Why a log is not published.
package struct PublicationFault: Actionable, Hashable {
    package var place: String
    package var problem: String
    package var remedy: String
}
