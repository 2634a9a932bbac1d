import ErgonModel

/// One HTTP request over TLS, and what becomes of the answer's body.
struct Exchange: Sendable {
    enum Peer: Sendable {
        /// What the coordinator has under that path. The peer must hold the name we know it by.
        case endpoint(Endpoint, path: String)
        /// Any server with a certificate the system trusts, or only those that `authority`, a PEM
        /// file, has issued.
        case url(String, authority: String?)
    }

    enum Work: Sendable {
        /// HEAD.
        case look
        /// GET, all of it, into memory; more bytes than the limit are refused.
        case read(limit: Int)
        /// GET, from where the file ends.
        case fetch(PartialFile)
        /// PUT.
        case send(Upload)
        /// POST.
        case post([UInt8])
    }

    var peer: Peer
    var work: Work
    /// Sent along, a line each: `auth-token: …`.
    var headers: [String] = []

    var url: String {
        switch peer {
        case .endpoint(_, let path): "https://\(Endpoint.provenName)\(path)"
        case .url(let url, _): url
        }
    }

    /// For people.
    var place: String {
        switch peer {
        case .endpoint(let endpoint, let path): "\(endpoint.place)\(path)"
        case .url(let url, _): url
        }
    }
}

extension Exchange.Peer {
    /// The coordinator's content.
    static func content(_ digest: Digest, at endpoint: Endpoint) -> Exchange.Peer {
        .endpoint(endpoint, path: "/content/sha256/\(digest.hex)")
    }
}

/// What is sent.
enum Upload: Sendable {
    case file(path: String)
    case bytes([UInt8])
}

/// What the peer said.
struct Answer: Sendable {
    var status: Int
    /// The start of the body, if it is not the content asked for; all that was read into memory.
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The fault this answer is, seen from someone who wanted a success.
    func fault(at place: String) -> TransferFault {
        let reason = text.isEmpty ? "no reason given" : text
        return TransferFault(
            status == 404 ? .missing : .refused(status: status, reason: reason), at: place)
    }
}
