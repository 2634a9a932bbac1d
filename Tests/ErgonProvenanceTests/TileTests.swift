import ErgonModel
import ErgonProvenance
import Foundation
import Testing
import SeededRandom

private typealias Digest = ErgonModel.Digest

/// A tiled log in memory.
struct MemoryTiles: TileFiles {
    let place = "memory"
    var files: [String: [UInt8]] = [:]

    func content(of path: String) throws(SystemFault) -> [UInt8]? { files[path] }
}

private let signer = NoteSigner(name: "ergon.example/tiles", seed: [UInt8](repeating: 7, count: 32))

private func record(_ number: Int) -> [UInt8] {
    [UInt8](repeating: UInt8(number % 251), count: 1 + number * 37 % 90) + Array("\(number)".utf8)
}

private func tiles(_ size: Int) throws -> MemoryTiles {
    var tiles = MemoryTiles()
    var builder = TileBuilder()
    for number in 0..<size {
        builder.append(record(number)) { path, bytes in tiles.files[path.text] = bytes }
    }
    builder.finish { path, bytes in tiles.files[path.text] = bytes }
    let head = TreeHead(size: size, root: builder.frontier.root)
    let checkpoint = Checkpoint(origin: "ergon.example/tiles", head: head)
    let note = SignedNote(text: checkpoint.text, signers: [try #require(signer)])
    tiles.files["checkpoint"] = Array(note.note.utf8)
    return tiles
}

private func read(_ tiles: MemoryTiles) throws -> (records: [[UInt8]], damage: [LogDamage]) {
    var reader = try TiledLogReader(of: tiles)
    var (records, damage): ([[UInt8]], [LogDamage]) = ([], [])
    while let item = try reader.next() {
        switch item {
        case .record(_, let bytes): records.append(bytes)
        case .damage(let found): damage.append(found)
        case .unfinished: Issue.record("a tiled log has no unfinished records")
        }
    }
    return (records, damage)
}

@Suite("a tiled log")
struct TileTests {
    @Test(arguments: [0, 1, 255, 256, 257, 300, 512, 65_535, 65_536, 65_537])
    func `has its records back`(size: Int) throws {
        let (records, damage) = try read(try tiles(size))
        #expect(damage.isEmpty)
        #expect(records.count == size)
        #expect(records.enumerated().allSatisfy { $1 == record($0) })
    }

    @Test func `has the files that 70,000 records ask for`() throws {
        let names = try tiles(70_000).files.keys
        func count(_ prefix: String) -> Int { names.count { $0.hasPrefix(prefix) } }
        #expect(count("tile/0/") == 274 && count("tile/entries/") == 274)
        #expect(names.contains("tile/0/273.p/112") && names.contains("tile/entries/273.p/112"))
        #expect(count("tile/1/") == 2 && names.contains("tile/1/001.p/17"))
        #expect(count("tile/2/") == 1 && names.contains("tile/2/000.p/1"))
        #expect(TilePath(.records, index: 1_234_067).text == "tile/entries/x001/x234/067")
    }

    @Test func `is read as it was once it has grown`() throws {
        var grown = try tiles(600)
        grown.files["checkpoint"] = try tiles(300).files["checkpoint"]
        for name in grown.files.keys where name.contains(".p/") { grown.files[name] = nil }
        grown.files["tile/1/000.p/1"] = try tiles(300).files["tile/1/000.p/1"]
        let (records, damage) = try read(grown)
        #expect(damage == [] && records.count == 300)
    }

    @Test func `names every byte that is changed, and every file that is gone`() throws {
        let whole = try tiles(700)
        var dice = SeededGenerator(seed: 5)
        for (name, bytes) in whole.files.sorted(by: { $0.key < $1.key })
        where name != "checkpoint" {
            for _ in 0..<12 {
                var changed = whole
                let place = Int.random(in: bytes.indices, using: &dice)
                changed.files[name]?[place] ^= UInt8.random(in: 1...255, using: &dice)
                let damage = try read(changed).damage
                let stem = name.split(separator: "/").dropFirst(2).joined(separator: "/")
                #expect(damage.contains { $0.place.segment.hasSuffix(stem) }, "\(name) \(place)")
            }
            var lost = whole
            lost.files[name] = nil
            #expect(
                try read(lost).damage.contains {
                    $0.problem == .absent && $0.place.segment == "memory/\(name)"
                })
        }
    }

    @Test func `says which of a record and its hash is wrong`() throws {
        var other = try tiles(700)
        other.files["tile/0/001"]?[32 * 17] ^= 1
        #expect(try read(other).damage.map(\.problem) == [.wrongTile(hash: 17)])
        other = try tiles(700)
        other.files["tile/entries/001"]?[100] ^= 1
        let damage = try read(other).damage
        #expect(damage.first?.problem == .wrongRecord)
        #expect(damage.last?.problem == .differsFromCheckpoint(size: 700))
    }

    @Test func `that is rewritten does not have the signed root`() throws {
        var forged = MemoryTiles()
        var builder = TileBuilder()
        for number in 0..<300 {
            builder.append(record(number == 20 ? 21 : number)) { forged.files[$0.text] = $1 }
        }
        builder.finish { forged.files[$0.text] = $1 }
        forged.files["checkpoint"] = try tiles(300).files["checkpoint"]
        #expect(try read(forged).damage.map(\.problem) == [.differsFromCheckpoint(size: 300)])
    }
}

@Suite(.enabled(if: vectors != nil, "the published vectors are not here"))
struct PublishedTiles {
    @Test(arguments: [5, 300])
    func `are made of the records byte for byte`(size: Int) throws {
        let lines = try vector("tlog-sample/entries.jsonl").split(separator: 10)
        var builder = TileBuilder()
        var made: [String: [UInt8]] = [:]
        for line in lines.prefix(size) {
            builder.append(Array(line)) { path, bytes in made[path.text] = bytes }
        }
        builder.finish { path, bytes in made[path.text] = bytes }
        #expect(made.count == (size == 5 ? 2 : 5))
        for (path, bytes) in made {
            let published = try vector("tlog-sample/size-\(size)/\(path)")
            #expect(published == bytes, "\(path)")
        }
        let note = try SignedNote(parsing: try vector("tlog-sample/size-\(size)/checkpoint"))
        #expect(try Checkpoint(parsing: note.text).head.root == builder.frontier.root)
    }
}

@Suite("the tree of a tiled log")
struct TiledTreeTests {
    @Test(arguments: [1, 2, 256, 257, 700, 65_537])
    func `has the proofs of all its leaves`(size: Int) throws {
        let files = try tiles(size)
        let leaves = (0..<size).map { leafHash(record($0)) }
        var tree = TiledTree(of: files, size: size)
        let head = TreeHead(size: size, root: MerkleTree.root(of: leaves[...]))
        for index in Set([0, 1, 100, 255, 256, size / 2, size - 2, size - 1]) {
            guard (0..<size).contains(index) else { continue }
            let proof = try tree.inclusionProof(of: index)
            #expect(head.includes(leaf: leaves[index], at: index, proof: proof), "\(index)")
            #expect(try tree.record(index) == record(index))
            let old = TreeHead(size: index, root: MerkleTree.root(of: leaves[..<index]))
            #expect(head.extends(old, proof: try tree.consistencyProof(from: index)), "\(index)")
        }
    }

    @Test func `says which tile is gone`() throws {
        var files = try tiles(700)
        files.files["tile/0/001"] = nil
        var tree = TiledTree(of: files, size: 700)
        #expect(throws: LogFault.self) { try tree.inclusionProof(of: 300) }
    }
}
