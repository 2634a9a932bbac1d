import ErgonModel
import ErgonProvenance
import Foundation
import Testing

@testable import ErgonStorage

private let hello = Array("hello".utf8)

@Suite struct Contents {
    let folder: TemporaryFolder
    let store: ContentStore

    init() throws {
        folder = try TemporaryFolder()
        store = try ContentStore("\(folder.path)/store/deep")
    }

    private func drafts() throws -> [String] { try folder.names("store/deep/incoming") }

    @Test func `content is found under its digest and cannot be written`() throws {
        let file = try store.put(hello)
        try store.sync()
        #expect(file == StoredFile(digest: Digest(of: hello), size: ByteCount(5)))
        #expect(store.has(file.digest))
        #expect(try store.read(file.digest) == hello)
        let hex = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
        let path = "\(store.folder)/2c/\(hex.dropFirst(2))"
        #expect(store.path(of: file.digest) == path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o444)
        #expect(try store.put(hello) == file)
        #expect(try drafts() == [])
        #expect(try store.put([]).size == ByteCount(0))
    }

    @Test func `a reader changes nothing`() throws {
        let file = try store.put(hello)
        try store.sync()
        try folder.write([1], "store/deep/incoming/orphan")
        #expect(try ContentStore(reading: store.folder).read(file.digest) == hello)
        #expect(try drafts() == ["orphan"])
        _ = ContentStore(reading: "\(folder.path)/none")
        #expect(try folder.names() == ["store"])
    }

    @Test func `what is not there is named`() {
        let digest = Digest(of: hello)
        let absent = StoreFault.absent(digest, path: store.path(of: digest))
        #expect(!store.has(digest))
        #expect(throws: absent) { try store.read(digest) }
        #expect(throws: absent) { try store.verify(digest) }
    }

    @Test func `content that changed is found out when it is read, and healed by storing it again`()
        throws
    {
        let file = try store.put(hello)
        try store.sync()
        let path = store.path(of: file.digest)
        try FileManager.default.removeItem(atPath: path)
        try Data("HELLO".utf8).write(to: URL(filePath: path))
        let damage = StoreFault.damaged(
            file.digest, found: Digest(of: "HELLO".utf8), path: path)
        #expect(throws: damage) { try store.read(file.digest) }
        #expect(throws: damage) { try store.verify(file.digest) }
        _ = try store.put(hello)
        #expect(try store.read(file.digest) == hello)
        try store.verify(file.digest)
        try store.sync()
        #expect(try ContentStore(reading: store.folder).read(file.digest) == hello)
    }

    @Test(arguments: [1, 20])
    func `content that no sync brought to disk is not there after a crash`(count: Int) throws {
        let folder = try TemporaryFolder()
        var store: ContentStore? = try ContentStore("\(folder.path)/store")
        func put(_ byte: UInt8) throws -> [Digest] {
            try (0..<count).compactMap { try store?.put([byte, UInt8($0)]).digest }
        }
        let early = try put(1)
        try store?.sync()
        let late = try put(2)
        #expect(try late.allSatisfy { try store?.has($0) == true && store?.read($0).count == 2 })
        store = nil
        // What a file system may leave of files that were not synced: their names alone.
        for digest in late {
            for path in [
                "\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))", "incoming/\(digest)",
            ]
            where FileManager.default.fileExists(atPath: "\(folder.path)/store/\(path)") {
                try folder.remove("store/\(path)")
                try folder.write([], "store/\(path)")
            }
        }
        let again = try ContentStore("\(folder.path)/store")
        #expect(late.allSatisfy { !again.has($0) })
        #expect(try early.map { try again.read($0) } == (0..<count).map { [1, UInt8($0)] })
        #expect(try folder.names("store/incoming") == [])
    }

    @Test func `content arrives in pieces`() throws {
        var incoming = try store.incoming()
        for byte in hello { try incoming.append([byte]) }
        #expect(incoming.count == 5)
        let file = try incoming.finish(expecting: Digest(of: hello))
        #expect(try store.read(file.digest) == hello)
        #expect(try drafts() == [])
    }

    @Test func `content other than expected is not stored`() throws {
        var incoming = try store.incoming()
        try incoming.append(hello)
        let wanted = Digest(of: [1])
        var fault: StoreFault?
        do throws(StoreFault) {
            _ = try incoming.finish(expecting: wanted)
        } catch {
            fault = error
        }
        #expect(fault == .unexpected(wanted, found: Digest(of: hello)))
        #expect(!store.has(Digest(of: hello)))
        #expect(try drafts() == [])
    }

    @Test func `what is given up leaves nothing behind`() throws {
        do {
            var incoming = try store.incoming()
            try incoming.append(hello)
            #expect(try drafts().count == 1)
        }
        #expect(try drafts() == [])
    }

    @Test func `a crash's leftovers go, but not what another is writing`() throws {
        var incoming = try store.incoming()
        try incoming.append(hello)
        try folder.write([1], "store/deep/incoming/orphan")
        let again = try ContentStore(store.folder)
        #expect(try drafts().count == 2)
        let file = try incoming.finish()
        #expect(try again.read(file.digest) == hello)
        let other = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: "\(other.path)/incoming", withIntermediateDirectories: false)
        try other.write([1], "incoming/orphan")
        _ = try ContentStore(other.path)
        #expect(try other.names("incoming") == [])
    }
}

@Test func `a full disk says so`() {
    let full = StoreFault(SystemFault(action: "write", path: "/x", code: ENOSPC))
    #expect(full == .full(SystemFault(action: "write", path: "/x", code: ENOSPC)))
    #expect(full.problem == "no room: cannot write /x: No space left on device")
    guard case .system = StoreFault(SystemFault(action: "write", path: "/x", code: EIO)) else {
        Issue.record("EIO is not a full disk")
        return
    }
}
