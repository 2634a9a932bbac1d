import ErgonModel
import ErgonProvenance
import Foundation
import Testing

@testable import ErgonStorage

struct ContentPackTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var packs: String { folder.path + "/packs" }

    private func said(_ number: Int) -> [UInt8] { Array("said \(number)".utf8) }

    @Test func `much small content takes one file, and each is found again`() throws {
        let store = try ContentStore(folder.path)
        let files = try (0..<500).map { try store.pack(said($0)) }
        try store.sync()
        #expect(try FileManager.default.contentsOfDirectory(atPath: packs) == ["1"])
        for (number, file) in files.enumerated() {
            #expect(try store.read(file.digest) == said(number))
            try store.verify(file.digest)
        }
        let location = try store.location(of: files[7].digest)
        let bytes = try #require(location.bytes)
        let pack = try Data(contentsOf: URL(filePath: location.path))
        #expect(Array(pack[bytes]) == said(7))
    }

    @Test func `what is added later is found, by others as well`() throws {
        let store = try ContentStore(folder.path)
        let other = ContentStore(reading: folder.path)
        let first = try store.pack(said(1))
        #expect(try other.read(first.digest) == said(1))
        let second = try store.pack(said(2))
        #expect(try other.read(second.digest) == said(2))
        #expect(throws: StoreFault.self) { try other.read(Digest(of: said(3))) }
    }

    @Test func `the next process begins a pack of its own`() throws {
        for number in 1...3 {
            let store = try ContentStore(folder.path)
            _ = try store.pack(said(number))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: packs)
        #expect(names.sorted() == ["1", "2", "3"])
        let store = ContentStore(reading: folder.path)
        for number in 1...3 { #expect(try store.read(Digest(of: said(number))) == said(number)) }
    }

    @Test func `an entry that is cut off hides none before it`() throws {
        let store = try ContentStore(folder.path)
        for number in 1...3 { _ = try store.pack(said(number)) }
        let file = try FileHandle(forUpdating: URL(filePath: packs + "/1"))
        try file.truncate(atOffset: file.seekToEnd() - 1)
        let reader = ContentStore(reading: folder.path)
        for number in 1...2 { #expect(try reader.read(Digest(of: said(number))) == said(number)) }
        #expect(throws: StoreFault.self) { try reader.read(Digest(of: said(3))) }
    }

    @Test func `content that changed is found out`() throws {
        let store = try ContentStore(folder.path)
        let file = try store.pack(said(1))
        let handle = try FileHandle(forUpdating: URL(filePath: packs + "/1"))
        try handle.seek(toOffset: handle.seekToEnd() - 1)
        try handle.write(contentsOf: [0])
        let fault = #expect(throws: StoreFault.self) { try store.read(file.digest) }
        guard case .damaged(file.digest, _, _) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
    }

    @Test func `a file of its own comes first`() throws {
        let store = try ContentStore(folder.path)
        let file = try store.pack(said(1))
        #expect(!store.has(file.digest), "in a pack it can be read, but is not held ready")
        _ = try store.put(said(1))
        try store.sync()
        #expect(store.has(file.digest))
        #expect(try store.location(of: file.digest).bytes == nil)
    }
}
