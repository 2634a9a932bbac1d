package import ErgonModel
package import NIOCore
package import NIOSSL
import SwiftASN1
@_spi(FixedExpiryValidationTime) import X509

/// Why a server is not the one that the token pins.
package enum ServerFault: Error, Hashable, Sendable {
    case malformed
    /// No certificate it showed is the pinned authority's.
    case otherAuthority
    case notVerified(reason: String)
}

extension ServerFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed: "the server's certificates cannot be read"
        case .otherAuthority: "the server does not belong to the authority that the token names"
        case .notVerified(let reason): "the server's certificate does not verify: \(reason)"
        }
    }
}

extension TLS {
    package typealias Verification =
        @Sendable (
            [NIOSSLCertificate], EventLoopPromise<NIOSSLVerificationResultWithMetadata>
        ) -> Void

    /// For the client with a join token: lets the handshake go on only if the server's certificate
    /// goes back to the pinned authority, bears our name and is meant for servers. It stands in the
    /// place of BoringSSL's own check, so all of that is looked at here.
    /// - Parameter outcome: gets the server's certificate (DER), which `Enrolment` needs, or why
    ///   the server was refused; called before anything is sent over the connection.
    package static func enrolmentVerification(
        pin: Digest, now: Instant,
        outcome: @escaping @Sendable (Result<[UInt8], ServerFault>) -> Void
    ) -> Verification {
        { presented, promise in
            promise.completeWithTask {
                do throws(ServerFault) {
                    let leaf = try await verifyServer(presented, pin: pin, now: now)
                    outcome(.success(leaf))
                    return .certificateVerified(VerificationMetadata(nil))
                } catch {
                    outcome(.failure(error))
                    return .failed
                }
            }
        }
    }

    private static func verifyServer(
        _ presented: [NIOSSLCertificate], pin: Digest, now: Instant
    ) async throws(ServerFault) -> [UInt8] {
        guard let chain = try? presented.map({ try $0.toDERBytes() }) else { throw .malformed }
        return try await verifyServer(chain, pin: pin, now: now)
    }

    /// - Parameter chain: DER, the server's own certificate first.
    /// - Returns: that certificate.
    static func verifyServer(
        _ chain: [[UInt8]], pin: Digest, now: Instant
    ) async throws(ServerFault) -> [UInt8] {
        guard (1...4).contains(chain.count),
            let certificates = try? chain.map({ try Certificate(der: $0) })
        else { throw .malformed }
        let leaf = certificates[0]
        guard let authority = certificates.first(where: { (try? $0.keyDigest) == pin }),
            authority != leaf
        else { throw .otherAuthority }
        // Verified from the pinned key down: what else the server showed can only be a detour.
        var verifier = Verifier(rootCertificates: CertificateStore([authority])) {
            RFC5280Policy(fixedExpiryValidationTime: now.date)
            ServerIdentityPolicy(serverHostname: serverName, serverIP: nil)
            ServerUsagePolicy()
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore([])) {
        case .validCertificate: return chain[0]
        case .couldNotValidate(let failures):
            let reason = failures.first.map { "\($0.policyFailureReason)" }
            throw .notVerified(reason: printable(reason ?? "it does not go back to the authority"))
        }
    }
}

/// Swift Certificates checks neither the purpose of a key nor whether the anchor may issue.
private struct ServerUsagePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        guard chain.leaf.allows(.serverAuth) else {
            return .failsToMeetPolicy(reason: "it is not meant for servers")
        }
        guard !chain.leaf.isAuthority, chain.dropFirst().allSatisfy(\.isAuthority) else {
            return .failsToMeetPolicy(reason: "an issuer is no authority")
        }
        return .meetsPolicy
    }
}
