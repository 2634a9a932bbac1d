import ErgonModel
import ErgonProvenance
import Foundation
import Testing

private typealias Digest = ErgonModel.Digest

private func leaves(_ count: Int) -> [Digest] { (0..<count).map { leafHash(Array("\($0)".utf8)) } }

/// The definition of RFC 6962 §2.1, word for word.
private func definedRoot(_ leaves: ArraySlice<Digest>) -> Digest {
    if leaves.count <= 1 { return leaves.first ?? emptyRoot }
    var half = 1
    while half * 2 < leaves.count { half *= 2 }
    let middle = leaves.startIndex + half
    return nodeHash(definedRoot(leaves[..<middle]), definedRoot(leaves[middle...]))
}

@Test func `the frontier has the root of every size`() {
    let all = leaves(70)
    var frontier = MerkleFrontier()
    for size in 0...70 {
        #expect(frontier.root == definedRoot(all[..<size]), "size \(size)")
        #expect(frontier.root == MerkleTree.root(of: all[..<size]))
        #expect(MerkleFrontier(size: size, peaks: frontier.peaks) == frontier)
        if size < 70 { frontier.append(all[size]) }
    }
    #expect(MerkleFrontier(size: 3, peaks: [all[0]]) == nil)
    #expect(MerkleFrontier(size: -1, peaks: []) == nil)
}

@Test func `every inclusion proof convinces, and no other leaf or place does`() {
    let all = leaves(40)
    for size in 1...40 {
        let head = TreeHead(size: size, root: definedRoot(all[..<size]))
        for index in 0..<size {
            let proof = MerkleTree.inclusionProof(of: index, in: all[..<size])
            #expect(head.includes(leaf: all[index], at: index, proof: proof))
            #expect(!head.includes(leaf: all[(index + 1) % 40], at: index, proof: proof))
            #expect(!head.includes(leaf: all[index], at: index + 1, proof: proof))
            #expect(!head.includes(leaf: all[index], at: index, proof: proof + [all[0]]))
            #expect(!head.includes(leaf: all[index], at: index - 1, proof: proof))
        }
    }
}

@Test func `every consistency proof convinces, and a changed one does not`() {
    let all = leaves(33)
    for size in 0...33 {
        let head = TreeHead(size: size, root: definedRoot(all[..<size]))
        for old in 0...size {
            let before = TreeHead(size: old, root: definedRoot(all[..<old]))
            let proof = MerkleTree.consistencyProof(from: old, in: all[..<size])
            #expect(head.extends(before, proof: proof), "\(old) in \(size)")
            #expect(!head.extends(before, proof: proof + [all[0]]))
            #expect(!head.extends(TreeHead(size: old, root: all[0]), proof: proof) || old == 1)
            for place in proof.indices {
                var changed = proof
                changed[place] = leafHash([1, 2, 3])
                #expect(!head.extends(before, proof: changed))
            }
        }
    }
    #expect(
        !TreeHead(size: 3, root: definedRoot(all[..<3])).extends(
            TreeHead(size: 4, root: all[0]), proof: []))
}

@Suite(.enabled(if: vectors != nil, "the published vectors are not here"))
struct PublishedTrees {
    private func objects(_ path: String) throws -> [[String: Any]] {
        let value = try JSONSerialization.jsonObject(with: Data(try vector(path)))
        return try #require(value as? [[String: Any]])
    }

    private func digest(_ value: Any?) -> Digest? {
        (value as? String).flatMap { Base64.bytes($0) }.flatMap { Digest(bytes: $0) }
    }

    /// Some cases compare roots that are no hashes at all: equal ones must stay equal.
    private func root(_ value: Any?) -> Digest? {
        (value as? String).flatMap { Base64.bytes($0) }.map { Digest(bytes: $0) ?? Digest(of: $0) }
    }

    /// `nil` if one of the hashes is not 32 bytes, which is reason enough to refuse the proof.
    private func proof(_ value: Any?) -> [Digest]? {
        let texts = value as? [String] ?? []
        let digests = texts.compactMap { digest($0) }
        return digests.count == texts.count ? digests : nil
    }

    @Test func `inclusion cases end as published`() throws {
        let cases = try objects("rfc6962/inclusion.json")
        #expect(cases.count == 98)
        for item in cases {
            let isValid: Bool
            if let root = root(item["root"]), let leaf = digest(item["leafHash"]),
                let proof = proof(item["proof"]),
                let index = Int(exactly: item["leafIdx"] as? NSNumber ?? -1),
                let size = Int(exactly: item["treeSize"] as? NSNumber ?? -1)
            {
                isValid = TreeHead(size: size, root: root).includes(
                    leaf: leaf, at: index, proof: proof)
            } else {
                isValid = false
            }
            #expect(isValid != item["wantErr"] as? Bool, "\(item["_file"] ?? "")")
        }
    }

    @Test func `consistency cases end as published`() throws {
        let cases = try objects("rfc6962/consistency.json")
        #expect(cases.count == 98)
        for item in cases {
            let isValid: Bool
            if let old = root(item["root1"]), let new = root(item["root2"]),
                let proof = proof(item["proof"]),
                let from = Int(exactly: item["size1"] as? NSNumber ?? -1),
                let to = Int(exactly: item["size2"] as? NSNumber ?? -1)
            {
                isValid = TreeHead(size: to, root: new)
                    .extends(TreeHead(size: from, root: old), proof: proof)
            } else {
                isValid = false
            }
            // Their own library refuses empty trees; c2sp.org/tlog-witness does not.
            let isPolicy = "\(item["_file"] ?? "")".hasSuffix(
                "size1-is-zero-and-size2-is-not-zero.json")
            #expect(isValid != item["wantErr"] as? Bool || isPolicy, "\(item["_file"] ?? "")")
        }
    }

    @Test func `the reference tree has its roots and proofs`() throws {
        let tree = try JSON(parsing: try vector("rfc6962/reference-tree.json"))
        let hashes =
            tree["leaf_hashes_hex"]?.array?.compactMap { Digest(hex: $0.string ?? "") } ?? []
        let roots =
            tree["roots_by_size_hex"]?.array?.compactMap { Digest(hex: $0.string ?? "") } ?? []
        #expect(hashes.count == 8 && roots.count == 9)
        for size in 0...8 { #expect(MerkleTree.root(of: hashes[..<size]) == roots[size]) }
        func proof(_ item: JSON) -> [Digest]? {
            item["proof_hex"]?.array?.compactMap { Digest(hex: $0.string ?? "") }
        }
        for item in try #require(tree["inclusion"]?.array) {
            let (index, size) = (
                Int(item["index"]?.integer ?? -1), Int(item["size"]?.integer ?? -1)
            )
            #expect(MerkleTree.inclusionProof(of: index, in: hashes[..<size]) == proof(item))
        }
        for item in try #require(tree["consistency"]?.array) {
            let (old, size) = (Int(item["size1"]?.integer ?? -1), Int(item["size2"]?.integer ?? -1))
            #expect(MerkleTree.consistencyProof(from: old, in: hashes[..<size]) == proof(item))
        }
    }
}
