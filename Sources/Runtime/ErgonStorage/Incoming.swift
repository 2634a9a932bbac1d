package import ErgonModel
import ErgonProvenance
import Glibc

/// Content on its way into a store. Dropped unfinished, it leaves nothing behind.
package struct Incoming: ~Copyable {
    private let store: ContentStore
    private let draft: OpenFile
    private var hasher = ContentHasher()
    /// Bytes so far.
    package private(set) var count = 0

    init(into store: ContentStore) throws(StoreFault) {
        self.store = store
        draft = try stored { () throws(SystemFault) in
            let name = String(UInt64.random(in: .min ... .max), radix: 36)
            return try OpenFile(
                "\(store.folder)/incoming/\(name)", O_RDWR | O_CREAT | O_EXCL, mode: 0o444)
        }
    }

    /// Where the content is so far; whoever moves it away keeps it.
    var path: String { draft.path }

    deinit { unlink(draft.path) }

    package mutating func append(_ bytes: [UInt8]) throws(StoreFault) {
        try stored { () throws(SystemFault) in try draft.write(bytes, at: count) }
        hasher.update(bytes)
        count += bytes.count
    }

    /// Puts the content in its place; it is on disk when this returns.
    /// - Parameter expected: what it must be, if that is known.
    /// - Throws: `unexpected`, and then nothing is stored; `full`, `system`.
    package consuming func finish(
        expecting expected: Digest? = nil
    ) throws(StoreFault) -> StoredFile {
        let digest = hasher.finish()
        if let expected, expected != digest { throw .unexpected(expected, found: digest) }
        try stored { () throws(SystemFault) in
            try draft.syncAll()
            try store.place(draft.path, digest)
            try store.syncPlace(of: digest)
        }
        return StoredFile(digest: digest, size: ByteCount(Int64(count)))
    }
}
