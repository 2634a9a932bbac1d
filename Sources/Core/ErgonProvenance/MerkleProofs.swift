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
        guard leaves.count > 1 else { return [] }
        let middle = leaves.startIndex + split(leaves.count)
        return if index < middle {
            inclusionProof(of: index, in: leaves[..<middle]) + [root(of: leaves[middle...])]
        } else {
            inclusionProof(of: index, in: leaves[middle...]) + [root(of: leaves[..<middle])]
        }
    }

    /// The hashes that show that the tree of the first `size` leaves is the start of this one.
    /// - Precondition: `size` is not negative and at most the number of leaves.
    package static func consistencyProof(
        from size: Int, in leaves: ArraySlice<Digest>
    ) -> [Digest] {
        precondition((0...leaves.count).contains(size), "size \(size) of \(leaves.count)")
        return size == 0 ? [] : subproof(size, leaves, isKnown: true)
    }

    /// SUBPROOF of RFC 6962 §2.1.2.
    /// - Parameter isKnown: whether the verifier has this subtree's root already.
    private static func subproof(
        _ size: Int, _ leaves: ArraySlice<Digest>, isKnown: Bool
    ) -> [Digest] {
        if size == leaves.count { return isKnown ? [] : [root(of: leaves)] }
        let half = split(leaves.count)
        let middle = leaves.startIndex + half
        return if size <= half {
            subproof(size, leaves[..<middle], isKnown: isKnown) + [root(of: leaves[middle...])]
        } else {
            subproof(size - half, leaves[middle...], isKnown: false)
                + [root(of: leaves[..<middle])]
        }
    }

    /// The largest power of two strictly below `count`, which is at least 2.
    static func split(_ count: Int) -> Int {
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
