/// A file of a tiled log: up to 256 hashes of one level of the tree, or the records under a tile
/// of level 0 (c2sp.org/tlog-tiles).
package struct TilePath: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Hash i of level l stands for 256^l records from number i · 256^l on.
        case hashes(level: Int)
        case records
    }

    /// The hashes or records of a tile that is full.
    package static let fullWidth = 256

    package var kind: Kind
    /// The number of tiles of its kind and level before it.
    package var index: Int
    /// From 1 to 256.
    package var width: Int

    package init(_ kind: Kind, index: Int, width: Int = fullWidth) {
        self.kind = kind
        self.index = index
        self.width = width
    }

    /// Relative to the log's folder or URL: `tile/0/x001/234.p/17`.
    package var text: String {
        let kind =
            switch kind {
            case .hashes(let level): "\(level)"
            case .records: "entries"
            }
        let part = width == Self.fullWidth ? "" : ".p/\(width)"
        return "tile/\(kind)/\(Self.digits(index))\(part)"
    }

    /// What is there under that name, or once the log has grown.
    package var full: TilePath { TilePath(kind, index: index) }

    /// The first of the nodes of its level that it has the hashes of.
    package var first: Int { index * Self.fullWidth }

    /// The tile of level `level` that has the hash of node `node`, in a log of `size` records.
    /// - Precondition: the log has that node.
    package static func hashes(level: Int, with node: Int, size: Int) -> TilePath {
        let nodes = size >> (8 * level)
        precondition((0..<nodes).contains(node), "node \(node) of \(nodes)")
        let index = node / fullWidth
        return TilePath(
            .hashes(level: level), index: index, width: min(fullWidth, nodes - index * fullWidth))
    }

    /// Groups of three digits, all but the last with an `x` before them.
    private static func digits(_ index: Int) -> String {
        var rest = index
        var groups: [String] = []
        repeat {
            let group = String(rest % 1000)
            groups.append(String(repeating: "0", count: 3 - group.count) + group)
            rest /= 1000
        } while rest > 0
        return groups.indices.reversed().map { $0 == 0 ? groups[$0] : "x" + groups[$0] }
            .joined(separator: "/")
    }
}
