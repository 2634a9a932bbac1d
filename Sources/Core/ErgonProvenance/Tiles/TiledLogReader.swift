import ErgonModel

/// Where the files of a tiled log are.
package protocol TileFiles {
    /// A folder or URL, for messages.
    var place: String { get }
    /// `nil` if there is no such file.
    /// - Parameter path: relative to the log.
    func content(of path: String) throws(SystemFault) -> [UInt8]?
}

/// Goes through the records of a tiled log up to its checkpoint, makes the tree of them anew, and
/// compares every file with it: whatever byte is not as it should be is named.
package struct TiledLogReader<Files: TileFiles> {
    private let files: Files
    package let checkpoint: SignedNote?
    private let signed: TreeHead?

    private var builder = TileBuilder()
    private var bundlesRead = 0
    private var found: [LogItem] = []
    private var isAtEnd = false
    /// Tiles in which the hash of something below is not there: the place, and which hash.
    private var mismatches: [(tile: TilePath, hash: Int)] = []

    /// - Throws: `system` if the checkpoint cannot be read.
    package init(of files: Files) throws(LogFault) {
        self.files = files
        let bytes = try system { () throws(SystemFault) in
            try files.content(of: checkpointName)
        }
        do throws(NoteFault) {
            guard let bytes else { throw .malformed("there is no file of that name") }
            let note = try SignedNote(parsing: bytes)
            signed = try Checkpoint(parsing: note.text).head
            checkpoint = note
        } catch {
            (checkpoint, signed, isAtEnd) = (nil, nil, true)
            report(.unreadableCheckpoint(error.description), checkpointName, sequence: 0)
        }
    }

    /// Of the records read so far.
    package var head: TreeHead {
        TreeHead(size: builder.frontier.size, root: builder.frontier.root)
    }

    /// - Returns: `nil` at the end of the log.
    /// - Throws: `system` if a file cannot be read.
    package mutating func next() throws(LogFault) -> LogItem? {
        while found.isEmpty, !isAtEnd { try readOn() }
        return found.isEmpty ? nil : found.removeFirst()
    }

    private mutating func readOn() throws(LogFault) {
        guard let size = signed?.size, builder.frontier.size < size else { return try finish() }
        let first = bundlesRead * TilePath.fullWidth
        let path = TilePath(
            .records, index: bundlesRead, width: min(TilePath.fullWidth, size - first))
        bundlesRead += 1
        guard let bytes = try content(of: path) else {
            report(.absent, path.text, sequence: first)
            return try readOnWithoutRecords(from: first, path.width)
        }
        let (records, isWhole) = unbundled(bytes)
        let bundle = full(path.text)
        for (place, record) in records.prefix(path.width).enumerated() {
            let at = LogPlace(segment: bundle, offset: record.offset, sequence: first + place)
            found.append(.record(at, record.bytes))
            let leaf = leafHash(record.bytes)
            try add { builder, write throws(LogFault) in try builder.append(leaf: leaf, write) }
        }
        let lacking = path.width - records.count
        if lacking > 0 || lacking == 0 && !isWhole {
            report(.badBundle, path.text, sequence: first + records.count)
            try readOnWithoutRecords(from: first + records.count, lacking)
        }
    }

    /// Goes on with the hashes that the tile has, so that what comes later can be judged.
    private mutating func readOnWithoutRecords(
        from first: Int, _ count: Int
    ) throws(LogFault) {
        guard count > 0, let size = signed?.size else { return }
        let tile = TilePath.hashes(level: 0, with: first, size: size)
        guard let bytes = try content(of: tile),
            let stored = hashes(ofTile: bytes, width: tile.width)
        else {
            report(.absent, tile.text, sequence: first)
            isAtEnd = true
            return
        }
        for place in (first - tile.first)..<(first - tile.first + count) {
            try add { builder, write throws(LogFault) in
                try builder.append(leaf: stored[place], write)
            }
        }
    }

    /// Lets the builder go on, and compares what it makes with what is there.
    private mutating func add(
        _ body: (inout TileBuilder, (TilePath, [UInt8]) throws(LogFault) -> Void)
            throws(LogFault) -> Void
    ) throws(LogFault) {
        var made: [(TilePath, [UInt8])] = []
        try body(&builder) { path, bytes in made.append((path, bytes)) }
        for (path, bytes) in made where path.kind != .records { try compare(path, bytes) }
    }

    private mutating func compare(_ tile: TilePath, _ bytes: [UInt8]) throws(LogFault) {
        guard let there = try content(of: tile) else {
            return report(.absent, tile.text, sequence: builder.frontier.size - 1)
        }
        if there == bytes { return }
        guard there.count == bytes.count else {
            return report(.badTile, tile.text, sequence: builder.frontier.size - 1)
        }
        for hash in 0..<tile.width
        where !bytes[32 * hash..<32 * hash + 32]
            .elementsEqual(there[32 * hash..<32 * hash + 32])
        {
            mismatches.append((tile, hash))
        }
    }

    private mutating func finish() throws(LogFault) {
        isAtEnd = true
        try add { builder, write throws(LogFault) in try builder.finish(write) }
        let isRoot = head == signed
        // Of records that are right, all hashes are right; of others, those of level 0 say which.
        for (tile, hash) in mismatches where isRoot {
            report(.wrongTile(hash: hash), tile.text, sequence: tile.first + hash)
        }
        if isRoot { return }
        for (tile, hash) in mismatches where tile.kind == .hashes(level: 0) {
            report(.wrongRecord, tile.text, sequence: tile.first + hash)
        }
        report(
            .differsFromCheckpoint(size: signed?.size ?? 0), checkpointName, sequence: head.size)
    }

    private func content(of path: TilePath) throws(LogFault) -> [UInt8]? {
        try system { () throws(SystemFault) in try files.content(of: path) }
    }

    private func full(_ path: String) -> String { "\(files.place)/\(path)" }

    private mutating func report(
        _ problem: LogDamage.Problem, _ path: String, sequence: Int
    ) {
        let place = LogPlace(segment: full(path), offset: 0, sequence: sequence)
        found.append(.damage(LogDamage(place: place, problem: problem)))
    }
}
