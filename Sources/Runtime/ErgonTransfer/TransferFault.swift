package import ErgonModel
import ErgonSystem

/// Why content did not move.
package struct TransferFault: Actionable, Hashable {
    package enum Cause: Hashable, Sendable {
        /// No connection came about.
        case unreachable(String)
        /// The connection broke, or nothing moved on it for a minute.
        case broken(String)
        /// One side did not prove to the other who it is.
        case untrusted(String)
        /// What the peer answered instead of content.
        case refused(status: Int, reason: String)
        case missing
        case wrongDigest(expected: Digest, found: Digest)
        case wrongSize(expected: ByteCount, found: ByteCount)
        /// More than the caller is ready to take.
        case tooLarge(limit: ByteCount)
        /// Not `https`.
        case forbiddenURL
        case badName
        /// So many transfers wait already.
        case busy(waiting: Int)
        /// What is pinned leaves too little of the cache's bound.
        case cacheFull(needed: ByteCount, limit: ByteCount)
        /// Our own disk, by what was tried and what the system said.
        case file(action: String, error: Int32)
        case cancelled
    }

    /// An address, an URL or a path.
    package var place: String
    package var cause: Cause

    package init(_ cause: Cause, at place: String) {
        self.cause = cause
        self.place = place
    }

    /// True if the same request may succeed later without anyone doing anything.
    package var mayPass: Bool {
        switch cause {
        case .unreachable, .broken, .busy, .cacheFull: true
        case .refused(let status, _): [408, 425, 429, 500, 502, 503, 504].contains(status)
        case .untrusted, .missing, .wrongDigest, .wrongSize, .tooLarge, .forbiddenURL, .badName,
            .file, .cancelled:
            false
        }
    }

    package var problem: String {
        switch cause {
        case .unreachable(let text), .broken(let text), .untrusted(let text): "\(outline): \(text)"
        case .refused, .missing, .wrongDigest, .wrongSize, .tooLarge, .forbiddenURL, .badName,
            .busy, .cacheFull, .file, .cancelled:
            outline
        }
    }

    /// `problem` for peers: without libcurl's words, which name addresses and files of ours.
    package var outline: String {
        switch cause {
        case .unreachable: "cannot be reached"
        case .broken: "the transfer broke off"
        case .untrusted: "no trusted connection"
        case .refused(let status, let reason): "answered \(status): \(reason)"
        case .missing: "has no such content"
        case .wrongDigest(let expected, let found):
            "the content has digest \(found), not \(expected)"
        case .wrongSize(let expected, let found):
            "the content has \(found.bytes) bytes, not \(expected.bytes)"
        case .tooLarge(let limit): "the content has more than \(limit.bytes) bytes"
        case .forbiddenURL: "only https URLs are fetched"
        case .badName: "not a file name"
        case .busy(let waiting): "\(waiting) transfers wait already"
        case .cacheFull(let needed, let limit):
            "\(needed.bytes) bytes do not fit into \(limit.bytes) beside what is pinned"
        case .file(let action, let error): "cannot \(action): \(describe(error))"
        case .cancelled: "cancelled"
        }
    }

    package var remedy: String {
        switch cause {
        case .unreachable: "check host and port, and that the coordinator runs"
        case .untrusted: "check the join token's address, the certificate's age and both clocks"
        case .wrongDigest, .wrongSize: "name the digest of what is there now, or restore the file"
        case .tooLarge: "name the size of what is there now, or raise the limit"
        case .forbiddenURL: "use an https URL, or a copy in a folder given with --inputs"
        case .badName: "use a name without `/`, of at most 255 bytes"
        case .cacheFull: "raise the cache's bound or run fewer tasks at once"
        case .file: "check the disk's space and the folder's permissions"
        case .broken, .refused, .missing, .busy, .cancelled: ""
        }
    }
}
