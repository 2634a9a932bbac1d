package import ErgonModel

/// SHA-256(0x00 ‖ entry): a leaf of the tree (RFC 6962 §2.1).
package func leafHash(_ entry: [UInt8]) -> Digest {
    var hasher = ContentHasher()
    hasher.update([0])
    hasher.update(entry)
    return hasher.finish()
}

/// SHA-256(0x01 ‖ left ‖ right): an inner node (RFC 6962 §2.1).
package func nodeHash(_ left: Digest, _ right: Digest) -> Digest {
    var hasher = ContentHasher()
    hasher.update([1])
    hasher.update(left.bytes)
    hasher.update(right.bytes)
    return hasher.finish()
}

/// The root of a tree without leaves: SHA-256 of nothing (RFC 6962 §2.1).
package let emptyRoot = Digest(of: EmptyCollection<UInt8>())

/// What must be kept of a growing tree to know its root: one hash for each complete subtree, that
/// is for each bit set in the size.
package struct MerkleFrontier: Hashable, Sendable {
    /// The number of leaves.
    package private(set) var size = 0
    /// The roots of the complete subtrees, the largest (leftmost) first.
    package private(set) var peaks: [Digest] = []

    package init() {}

    /// `nil` if there is not exactly one peak for each bit set in `size`.
    package init?(size: Int, peaks: [Digest]) {
        guard size >= 0, peaks.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.peaks = peaks
    }

    /// - Parameter leaf: the leaf's hash, not the entry.
    package mutating func append(_ leaf: Digest) {
        var hash = leaf
        var rest = size
        while rest & 1 == 1 {
            hash = nodeHash(peaks.removeLast(), hash)
            rest >>= 1
        }
        peaks.append(hash)
        size += 1
    }

    package var root: Digest {
        guard let last = peaks.last else { return emptyRoot }
        return peaks.dropLast().reversed().reduce(last) { nodeHash($1, $0) }
    }
}
