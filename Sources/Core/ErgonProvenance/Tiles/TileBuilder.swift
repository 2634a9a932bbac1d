package import ErgonModel

/// Makes the files of a tiled log of records that come one after the other
/// (c2sp.org/tlog-tiles). Memory: one bundle of records and one tile a level.
package struct TileBuilder: Sendable {
    /// Of the records so far.
    package private(set) var frontier = MerkleFrontier()
    /// For each level, the hashes of its last tile, which is not full.
    private var levels: [[Digest]] = []
    /// Of each record its length in two bytes, the most significant first, and the record.
    private var bundle: [UInt8] = []

    package init() {}

    /// Adds a record, and hands out what it fills.
    /// - Precondition: the record is at most 65,535 bytes long.
    package mutating func append<Fault: Error>(
        _ record: [UInt8], _ write: (TilePath, [UInt8]) throws(Fault) -> Void
    ) throws(Fault) {
        let length = UInt16(record.count)
        bundle.append(UInt8(length >> 8))
        bundle.append(UInt8(truncatingIfNeeded: length))
        bundle += record
        if frontier.size % TilePath.fullWidth == TilePath.fullWidth - 1 {
            try write(TilePath(.records, index: frontier.size / TilePath.fullWidth), bundle)
            bundle = []
        }
        try append(leaf: leafHash(record), write)
    }

    /// Adds a record of which only the hash is known; its bundle is not to be asked for.
    package mutating func append<Fault: Error>(
        leaf: Digest, _ write: (TilePath, [UInt8]) throws(Fault) -> Void
    ) throws(Fault) {
        frontier.append(leaf)
        var (level, hash) = (0, leaf)
        while true {
            if levels.count == level { levels.append([]) }
            levels[level].append(hash)
            guard levels[level].count == TilePath.fullWidth else { return }
            let full = levels[level]
            levels[level] = []
            let nodes = frontier.size >> (8 * level)
            try write(
                TilePath(.hashes(level: level), index: nodes / TilePath.fullWidth - 1), joined(full)
            )
            hash = MerkleTree.root(of: full[...])
            level += 1
        }
    }

    /// Hands out the files that are not full: what makes the log of this size whole.
    package func finish<Fault: Error>(
        _ write: (TilePath, [UInt8]) throws(Fault) -> Void
    ) throws(Fault) {
        let width = frontier.size % TilePath.fullWidth
        if width > 0 {
            let index = frontier.size / TilePath.fullWidth
            try write(TilePath(.records, index: index, width: width), bundle)
        }
        for (level, hashes) in levels.enumerated() where !hashes.isEmpty {
            let index = (frontier.size >> (8 * level)) / TilePath.fullWidth
            try write(
                TilePath(.hashes(level: level), index: index, width: hashes.count), joined(hashes))
        }
    }

    private func joined(_ hashes: [Digest]) -> [UInt8] { hashes.flatMap(\.bytes) }
}

/// The records of a bundle, and where each begins.
/// - Returns: `records` up to the first that the bytes have no room for, and whether that is all.
package func unbundled(
    _ bytes: [UInt8]
) -> (records: [(offset: Int, bytes: [UInt8])], isWhole: Bool) {
    var records: [(offset: Int, bytes: [UInt8])] = []
    var offset = 0
    while offset < bytes.count {
        guard offset + 2 <= bytes.count else { return (records, false) }
        let start = offset + 2
        let end = start + Int(bytes[offset]) << 8 + Int(bytes[offset + 1])
        guard end <= bytes.count else { return (records, false) }
        records.append((start, Array(bytes[start..<end])))
        offset = end
    }
    return (records, true)
}

/// The hashes of a tile; `nil` unless it has exactly `width` of them.
package func hashes(ofTile bytes: [UInt8], width: Int) -> [Digest]? {
    guard bytes.count == 32 * width else { return nil }
    return (0..<width).compactMap { Digest(bytes: bytes[(32 * $0)..<(32 * $0 + 32)]) }
}
