package import ErgonModel

/// The tree of a tiled log, from its tiles: proofs take a few small files, whatever the log's
/// size.
package struct TiledTree<Files: TileFiles> {
    private let files: Files
    private let size: Int
    /// Tiles that were read.
    private var tiles: [TilePath: [Digest]] = [:]

    /// - Parameter size: of the log, by its checkpoint.
    package init(of files: Files, size: Int) {
        self.files = files
        self.size = size
    }

    /// The hashes that lead from record `index` to the root, leaf side first (RFC 6962 §2.1.1).
    /// - Precondition: the log has that record.
    /// - Throws: `damaged` if a tile is not there, or is not one.
    package mutating func inclusionProof(of index: Int) throws(LogFault) -> [Digest] {
        precondition((0..<size).contains(index), "record \(index) of \(size)")
        return try roots(of: MerkleTree.siblings(of: index, size: size))
    }

    /// The hashes that show that the tree of the first `old` records is the start of this one
    /// (RFC 6962 §2.1.2).
    /// - Precondition: `old` is not negative and at most the number of records.
    /// - Throws: as `inclusionProof(of:)`.
    package mutating func consistencyProof(from old: Int) throws(LogFault) -> [Digest] {
        precondition((0...size).contains(old), "size \(old) of \(size)")
        return try roots(of: MerkleTree.siblings(from: old, size: size))
    }

    private mutating func roots(of ranges: [Range<Int>]) throws(LogFault) -> [Digest] {
        var roots: [Digest] = []
        for range in ranges { roots.append(try root(of: range)) }
        return roots
    }

    /// Of a subtree, that is of a range as the halving of the whole leaves it.
    private mutating func root(of range: Range<Int>) throws(LogFault) -> Digest {
        guard range.count.nonzeroBitCount == 1 else {
            let (left, right) = MerkleTree.halves(of: range)
            return nodeHash(try root(of: left), try root(of: right))
        }
        let level = range.count.trailingZeroBitCount / 8
        let nodes = range.lowerBound >> (8 * level)..<range.upperBound >> (8 * level)
        let tile = TilePath.hashes(level: level, with: nodes.lowerBound, size: size)
        let hashes = try hashes(of: tile)
        return MerkleTree.root(
            of: hashes[(nodes.lowerBound - tile.first)..<(nodes.upperBound - tile.first)])
    }

    private mutating func hashes(of tile: TilePath) throws(LogFault) -> [Digest] {
        if let known = tiles[tile] { return known }
        let place = LogPlace(
            segment: "\(files.place)/\(tile.text)", offset: 0, sequence: tile.first)
        guard let bytes = try system({ () throws(SystemFault) in try files.content(of: tile) })
        else { throw .damaged(LogDamage(place: place, problem: .absent)) }
        guard let hashes = ErgonProvenance.hashes(ofTile: bytes, width: tile.width) else {
            throw .damaged(LogDamage(place: place, problem: .badTile))
        }
        tiles[tile] = hashes
        return hashes
    }

    /// The record itself, and its hash by the tiles.
    /// - Precondition: the log has that record.
    /// - Throws: as `inclusionProof(of:)`.
    package mutating func record(_ index: Int) throws(LogFault) -> [UInt8] {
        let first = index / TilePath.fullWidth * TilePath.fullWidth
        let path = TilePath(
            .records, index: index / TilePath.fullWidth,
            width: min(TilePath.fullWidth, size - first))
        let place = LogPlace(segment: "\(files.place)/\(path.text)", offset: 0, sequence: index)
        guard let bytes = try system({ () throws(SystemFault) in try files.content(of: path) })
        else { throw .damaged(LogDamage(place: place, problem: .absent)) }
        let records = unbundled(bytes).records
        guard index - first < records.count else {
            throw .damaged(LogDamage(place: place, problem: .badBundle))
        }
        return records[index - first].bytes
    }
}

extension TileFiles {
    /// A tile, or as much of the full one as that has of it, once the log has grown.
    func content(of path: TilePath) throws(SystemFault) -> [UInt8]? {
        if let bytes = try content(of: path.text) { return bytes }
        guard path != path.full, let whole = try content(of: path.full.text) else { return nil }
        return path.kind == .records ? whole : Array(whole.prefix(32 * path.width))
    }
}
