package import ErgonModel

/// Roots and proofs of a tree all of whose leaves are at hand (RFC 6962 §2.1).
package enum MerkleTree {
    package static func root(of leaves: ArraySlice<Digest>) -> Digest {
        var frontier = MerkleFrontier()
        for leaf in leaves { frontier.append(leaf) }
        return frontier.root
    }

    /// The hashes that lead from leaf `index` to the root, leaf side first.
    /// - Precondition: `index` is the index of an element of `leaves`.
    package static func inclusionProof(
        of index: Int, in leaves: ArraySlice<Digest>
    ) -> [Digest] {
        precondition(leaves.indices.contains(index), "leaf \(index) of \(leaves.indices)")
        return siblings(of: index - leaves.startIndex, size: leaves.count)
            .map { root(of: part($0, of: leaves)) }
    }

    /// The hashes that show that the tree of the first `size` leaves is the start of this one.
    /// - Precondition: `size` is not negative and at most the number of leaves.
    package static func consistencyProof(
        from size: Int, in leaves: ArraySlice<Digest>
    ) -> [Digest] {
        precondition((0...leaves.count).contains(size), "size \(size) of \(leaves.count)")
        return siblings(from: size, size: leaves.count).map { root(of: part($0, of: leaves)) }
    }

    private static func part(
        _ range: Range<Int>, of leaves: ArraySlice<Digest>
    ) -> ArraySlice<Digest> {
        leaves.dropFirst(range.lowerBound).prefix(range.count)
    }

    /// The leaves whose roots prove that leaf `index` is in a tree of `size` (RFC 6962 §2.1.1).
    static func siblings(of index: Int, size: Int) -> [Range<Int>] {
        var (range, siblings): (Range<Int>, [Range<Int>]) = (0..<size, [])
        while range.count > 1 {
            let (left, right) = halves(of: range)
            siblings.append(left.contains(index) ? right : left)
            range = left.contains(index) ? left : right
        }
        return siblings.reversed()
    }

    /// The leaves whose roots prove that a tree of `size` begins with one of `old` (SUBPROOF of
    /// RFC 6962 §2.1.2).
    static func siblings(from old: Int, size: Int) -> [Range<Int>] {
        if old == 0 || old == size { return [] }
        // Whether the verifier has the root of `range` already.
        var (range, isKnown, siblings): (Range<Int>, Bool, [Range<Int>]) = (0..<size, true, [])
        while range.upperBound != old {
            let (left, right) = halves(of: range)
            let isLeft = old <= left.upperBound
            siblings.append(isLeft ? right : left)
            isKnown = isKnown && isLeft
            range = isLeft ? left : right
        }
        return (isKnown ? [] : [range]) + siblings.reversed()
    }

    /// Split at the largest power of two strictly below the number of leaves.
    static func halves(of range: Range<Int>) -> (left: Range<Int>, right: Range<Int>) {
        let middle = range.lowerBound + split(range.count)
        return (range.lowerBound..<middle, middle..<range.upperBound)
    }

    /// The largest power of two strictly below `count`, which is at least 2.
    private static func split(_ count: Int) -> Int {
        1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}

/// The size and root of a tree: what a checkpoint states.
package struct TreeHead: Hashable, Sendable {
    package var size: Int
    package var root: Digest

    package init(size: Int, root: Digest) {
        self.size = size
        self.root = root
    }

    /// Whether `proof` shows that `leaf` is entry `index` of this tree (RFC 9162 §2.1.3.2).
    package func includes(leaf: Digest, at index: Int, proof: [Digest]) -> Bool {
        guard (0..<max(size, 0)).contains(index) else { return false }
        var (node, last, hash) = (index, size - 1, leaf)
        for sibling in proof {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = nodeHash(sibling, hash)
                while node & 1 == 0, node != 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                hash = nodeHash(hash, sibling)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// Whether `proof` shows that this tree begins with the tree `old` (RFC 9162 §2.1.4.2).
    /// An empty tree is the start of every tree, by an empty proof (c2sp.org/tlog-witness).
    package func extends(_ old: TreeHead, proof: [Digest]) -> Bool {
        guard 0 <= old.size, old.size <= size else { return false }
        if old.size == 0, old.root != emptyRoot { return false }
        if old.size == size { return proof.isEmpty && old.root == root }
        if old.size == 0 { return proof.isEmpty }
        let isPowerOfTwo = old.size.nonzeroBitCount == 1
        let path = isPowerOfTwo ? [old.root] + proof : proof
        guard let first = path.first else { return false }

        // As long as the old tree's last node is a right child, both trees share it and its
        // parents.
        let shift = (~(old.size - 1)).trailingZeroBitCount
        var (node, last) = ((old.size - 1) >> shift, (size - 1) >> shift)
        var (oldHash, newHash) = (first, first)
        for sibling in path.dropFirst() {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                oldHash = nodeHash(sibling, oldHash)
                newHash = nodeHash(sibling, newHash)
                while node & 1 == 0, node != 0 { (node, last) = (node >> 1, last >> 1) }
            } else {
                newHash = nodeHash(newHash, sibling)
            }
            (node, last) = (node >> 1, last >> 1)
        }
        return last == 0 && oldHash == old.root && newHash == root
    }
}
