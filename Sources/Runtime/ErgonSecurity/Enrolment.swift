package import ErgonModel
package import X509

/// How somebody with a join token gets a certificate: the bearer's side.
///
/// Connect by `TLS.enrolment`, make one of these with the certificate the server showed, send
/// `request`, and give what comes back to `accept`.
package struct Enrolment: Sendable {
    package let request: EnrolmentRequest
    private let key: FreshKey
    private let token: JoinToken

    /// - Parameter serverLeaf: the server's certificate, DER. The proof is good for this server
    ///   only: whoever passes it on to another gets nothing for it.
    package init(token: JoinToken, serverLeaf: [UInt8]) throws(SecurityFault) {
        let key = FreshKey()
        var request = EnrolmentRequest(
            token: token.id, nonce: randomBytes(32), signingRequest: try key.signingRequest(),
            code: [])
        request.code = token.enrolmentKey.code(for: request.message(serverLeaf: serverLeaf))
        self.request = request
        self.key = key
        self.token = token
    }

    /// The new credentials, for `folder` and not yet saved.
    /// - Throws: `EnrolmentFault` unless the answer comes from somebody who has the token's key,
    ///   and the certificate is for our key and from the authority that the token pins.
    package func accept(
        _ answer: EnrolmentAnswer, folder: String
    ) throws(EnrolmentFault) -> Credentials {
        let message = EnrolmentAnswer.message(
            nonce: request.nonce, certificate: answer.certificate)
        guard token.enrolmentKey.isValid(answer.code, for: message) else { throw .wrongCode }
        let chain = try IssuedChain(certificate: answer.certificate, authority: answer.authority)
        guard (try? chain.authority.keyDigest) == token.pin else { throw .otherAuthority }
        return try chain.credentials(for: key, folder: folder)
    }
}

/// How a holder of credentials gets the next ones, over mutual TLS: the same folder, a fresh key.
package struct Renewal: Sendable {
    /// PKCS #10, DER: all that is sent. Who asks is known from the connection.
    package let signingRequest: [UInt8]
    private let key: FreshKey
    private let current: Credentials

    package init(of credentials: Credentials) throws(SecurityFault) {
        key = FreshKey()
        signingRequest = try key.signingRequest()
        current = credentials
    }

    /// - Parameters: both DER, as the coordinator sent them.
    package func accept(
        certificate: [UInt8], authority: [UInt8]
    ) throws(EnrolmentFault) -> Credentials {
        let chain = try IssuedChain(certificate: certificate, authority: authority)
        guard chain.authority.publicKey == current.authority.publicKey else {
            throw .otherAuthority
        }
        let next = try chain.credentials(for: key, folder: current.folder)
        guard next.identity == current.identity else { throw .otherIdentity(next.identity) }
        return next
    }
}

/// A request to join, as it travels.
package struct EnrolmentRequest: Hashable, Sendable {
    package var token: TokenID
    /// 32 random bytes.
    package var nonce: [UInt8]
    /// PKCS #10, DER.
    package var signingRequest: [UInt8]
    /// HMAC-SHA256, 32 bytes.
    package var code: [UInt8]

    package init(token: TokenID, nonce: [UInt8], signingRequest: [UInt8], code: [UInt8]) {
        self.token = token
        self.nonce = nonce
        self.signingRequest = signingRequest
        self.code = code
    }

    /// What the code is over: "c", token, nonce, SHA-256 of the server's certificate, SHA-256 of
    /// the signing request.
    func message(serverLeaf: [UInt8]) -> [UInt8] {
        Array("c".utf8) + token.bytes + nonce + sha256(serverLeaf).bytes
            + sha256(signingRequest).bytes
    }
}

/// The answer to it, as it travels.
package struct EnrolmentAnswer: Hashable, Sendable {
    /// DER.
    package var certificate: [UInt8]
    /// The authority's certificate, DER.
    package var authority: [UInt8]
    /// HMAC-SHA256, 32 bytes.
    package var code: [UInt8]

    package init(certificate: [UInt8], authority: [UInt8], code: [UInt8]) {
        self.certificate = certificate
        self.authority = authority
        self.code = code
    }

    /// What the code is over: "s", nonce, SHA-256 of the new certificate.
    static func message(nonce: [UInt8], certificate: [UInt8]) -> [UInt8] {
        Array("s".utf8) + nonce + sha256(certificate).bytes
    }
}

/// The coordinator's leave for one bearer to join: comes from `TokenBook.redeem` only.
package struct EnrolmentGrant: Sendable {
    package let identity: Identity
    package let request: SigningRequest
    package let token: TokenID
    let key: EnrolmentKey
    let nonce: [UInt8]

    /// The certificate, for the log, and the answer that carries it.
    package func answer(
        from authority: Authority, for lifetime: Microseconds, now: Instant
    ) throws(SecurityFault) -> (certificate: Certificate, answer: EnrolmentAnswer) {
        let certificate = try authority.issue(request, to: identity, for: lifetime, now: now)
        let der = try refusing { (try certificate.der, try authority.certificate.der) }
        let code = key.code(for: EnrolmentAnswer.message(nonce: nonce, certificate: der.0))
        return (certificate, EnrolmentAnswer(certificate: der.0, authority: der.1, code: code))
    }
}

/// Why a certificate that came back is not taken.
package enum EnrolmentFault: Error, Hashable, Sendable {
    case wrongCode
    case malformed
    case otherAuthority
    case otherIdentity(Identity)
    case unusable(SecurityFault)
}

extension EnrolmentFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .wrongCode: "the answer does not come from whoever made the token"
        case .malformed: "the certificate in the answer cannot be read"
        case .otherAuthority: "the certificate is from another authority than expected"
        case .otherIdentity(let identity): "the certificate is for somebody else: \(identity)"
        case .unusable(let fault): "the certificate is of no use: \(fault.problem)"
        }
    }
}

private struct IssuedChain {
    let certificate: Certificate
    let authority: Certificate

    init(certificate: [UInt8], authority: [UInt8]) throws(EnrolmentFault) {
        guard let leaf = try? Certificate(der: certificate),
            let root = try? Certificate(der: authority)
        else { throw .malformed }
        self.certificate = leaf
        self.authority = root
    }

    func credentials(for key: FreshKey, folder: String) throws(EnrolmentFault) -> Credentials {
        do {
            return try Credentials(
                folder: folder, key: key, certificate: certificate, authority: authority)
        } catch { throw .unusable(error) }
    }
}
