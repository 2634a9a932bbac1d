package import ErgonModel
package import ErgonProvenance

/// Why content cannot be stored or had.
package enum StoreFault: Actionable, Hashable, Sendable {
    case system(SystemFault)
    /// The disk, or our share of it, is full.
    case full(SystemFault)
    case absent(Digest, path: String)
    /// A file in the store is not what its name says: the disk or somebody changed it.
    case damaged(Digest, found: Digest, path: String)
    /// What came in is not what was asked for; nothing was stored.
    case unexpected(Digest, found: Digest)

    init(_ fault: SystemFault) { self = fault.isFull ? .full(fault) : .system(fault) }

    package var place: String {
        switch self {
        case .system(let fault), .full(let fault): fault.path
        case .absent(_, let path), .damaged(_, _, let path): path
        case .unexpected(let digest, _): digest.hex
        }
    }

    package var problem: String {
        switch self {
        case .system(let fault): fault.description
        case .full(let fault): "no room: \(fault.description)"
        case .absent(let digest, _): "no content \(digest.hex) in the store"
        case .damaged(let digest, let found, _): "the content of \(digest.hex) is now \(found.hex)"
        case .unexpected(_, let found): "what arrived has the digest \(found.hex)"
        }
    }

    package var remedy: String {
        switch self {
        case .system: "put right what the system names"
        case .full: "make room on the disk"
        case .absent: "restore the file from a copy of the store"
        case .damaged: "check the disk, and restore the file from a copy of the store"
        case .unexpected: "fetch it again, or check that the source did not change"
        }
    }
}

/// A system fault as a fault of the store.
func stored<Result>(
    _ body: () throws(SystemFault) -> Result
) throws(StoreFault) -> Result {
    do {
        return try body()
    } catch {
        throw StoreFault(error)
    }
}
