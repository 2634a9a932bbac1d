private import Crypto
package import ErgonModel

extension ErgonModel.Digest {
    /// SHA-256 of `bytes`.
    package init(of bytes: some Sequence<UInt8>) {
        var hasher = ContentHasher()
        let done: Void? = bytes.withContiguousStorageIfAvailable {
            hasher.update(UnsafeRawBufferPointer($0))
        }
        if done == nil { hasher.update(Array(bytes)) }
        self = hasher.finish()
    }
}

/// SHA-256 over content that comes in pieces.
package struct ContentHasher: Sendable {
    private var state = SHA256()

    package init() {}

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state.update(bufferPointer: bytes)
    }

    package mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { state.update(bufferPointer: $0) }
    }

    /// The digest of everything so far.
    package func finish() -> ErgonModel.Digest {
        let raw = state.finalize().withUnsafeBytes { Array($0) }
        guard let digest = ErgonModel.Digest(bytes: raw) else {
            preconditionFailure("SHA-256 of \(raw.count) bytes")
        }
        return digest
    }
}
