package import ErgonModel

/// The join tokens that the coordinator has given out. A value: the caller changes it, stores it,
/// and only then lets the change be seen.
package struct TokenBook: Hashable, Sendable {
    /// Who may come in by a token.
    package enum Bearer: Hashable, Sendable {
        /// One, who is called so.
        case named(String)
        /// That many, at least one, who are given names as they come.
        case unnamed(uses: Int)
    }

    struct Entry: Hashable, Sendable {
        var id: TokenID
        var key: EnrolmentKey
        var role: Role
        var name: String?
        var expires: Instant
        var usesLeft: Int
        var wrongCodes = 0

        var isBurnt: Bool { wrongCodes >= TokenBook.wrongCodeLimit }
    }

    /// So many wrong proofs of the secret burn a token.
    static let wrongCodeLimit = 5
    /// Dead tokens are remembered for so long, so that a refusal can say what became of them.
    private static let memory = Microseconds.seconds(7 * 86_400)

    /// In the order in which they were made.
    var entries: [Entry] = []

    package init() {}

    /// A new token, whose secret is in the answer and nowhere else.
    /// - Parameters:
    ///   - pin: the authority's `keyDigest`.
    ///   - term: for how long it can be used.
    /// - Throws: `IdentityFault` if the bearer's name cannot stand in a certificate.
    /// - Precondition: a token without a name has at least one use.
    package mutating func create(
        role: Role, for bearer: Bearer, pin: ErgonModel.Digest, term: Microseconds, now: Instant
    ) throws(IdentityFault) -> JoinToken {
        entries.removeAll { $0.expires + Self.memory < now }
        let random = (id: randomBytes(8), secret: randomBytes(32))
        guard let id = TokenID(bytes: random.id) else { preconditionFailure("8 bytes asked for") }
        let token = JoinToken(id: id, secret: random.secret, pin: pin)
        var entry = Entry(
            id: id, key: token.enrolmentKey, role: role, name: nil, expires: now + term,
            usesLeft: 1)
        switch bearer {
        case .named(let name): entry.name = try Identity(role: role, name: name).name
        case .unnamed(let uses):
            precondition(uses >= 1, "a token for \(uses) uses")
            entry.usesLeft = uses
        }
        entries.append(entry)
        return token
    }

    /// Checks a request to join and takes one use off its token.
    ///
    /// Store the book whenever it has changed, also after a refusal (wrong proofs are counted), and
    /// before the grant leads to an answer: a use is spent even if the answer is lost.
    /// - Parameters:
    ///   - serverLeaf: the certificate (DER) that the connection was served with.
    ///   - name: what a bearer is called whose token does not say; unique, and chosen here, not by
    ///     the bearer.
    package mutating func redeem(
        _ request: EnrolmentRequest, serverLeaf: [UInt8], name: String, now: Instant
    ) throws(EnrolmentRefusal) -> EnrolmentGrant {
        guard let index = entries.firstIndex(where: { $0.id == request.token }) else {
            throw .unknown(request.token)
        }
        let entry = entries[index]
        guard !entry.isBurnt else { throw .burnt(entry.id) }
        guard entry.usesLeft > 0 else { throw .used(entry.id) }
        guard now < entry.expires else { throw .expired(entry.id, at: entry.expires) }
        guard entry.key.isValid(request.code, for: request.message(serverLeaf: serverLeaf)) else {
            entries[index].wrongCodes += 1
            throw .wrongCode(entry.id, count: entries[index].wrongCodes)
        }
        let signingRequest: SigningRequest
        do { signingRequest = try SigningRequest(der: request.signingRequest) } catch {
            throw .badRequest(entry.id, error)
        }
        let identity: Identity
        do { identity = try Identity(role: entry.role, name: entry.name ?? name) } catch {
            throw .badName(entry.id, error)
        }
        entries[index].usesLeft -= 1
        return EnrolmentGrant(
            identity: identity, request: signingRequest, token: entry.id, key: entry.key,
            nonce: request.nonce)
    }
}

/// Why somebody may not join.
package enum EnrolmentRefusal: Error, Hashable, Sendable {
    case unknown(TokenID)
    case expired(TokenID, at: Instant)
    case used(TokenID)
    case burnt(TokenID)
    case wrongCode(TokenID, count: Int)
    case badRequest(TokenID, SigningRequest.Fault)
    case badName(TokenID, IdentityFault)

    /// A sentence for the coordinator's log.
    package var forLog: String {
        switch self {
        case .unknown(let id): "join token \(id) is not one of ours"
        case .expired(let id, let time): "join token \(id) expired at \(time.text)"
        case .used(let id): "join token \(id) has been used"
        case .burnt(let id): "join token \(id) is burnt: too many wrong proofs of its secret"
        case .wrongCode(let id, let count):
            "the proof of the secret of join token \(id) is wrong "
                + "(\(count) of \(TokenBook.wrongCodeLimit))"
        case .badRequest(let id, let fault): "join token \(id): \(fault)"
        case .badName(let id, let fault): "join token \(id): \(fault)"
        }
    }

    /// A sentence for the peer. It does not say which tokens exist, or what became of them.
    package var forPeer: String {
        switch self {
        case .unknown, .expired, .used, .burnt, .wrongCode:
            "this join token is not accepted; ask for a new one"
        case .badRequest(_, let fault): "\(fault)"
        case .badName: "no name could be given; ask for a token with a name"
        }
    }
}
