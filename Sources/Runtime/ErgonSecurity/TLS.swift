import Crypto
import NIOCore
package import NIOSSL
import X509

/// How the two ends talk: TLS 1.3 only, and only with what our own authority has issued.
package enum TLS {
    /// The one name every client checks, whatever address it connects to.
    package static let serverName = Certificate.coordinatorName

    /// A context for one accepted connection: make a new one for each. The keys of session tickets
    /// live in the context, so no session is ever resumed and every connection shows its
    /// certificate, and renewed credentials are in use at once.
    /// - Parameters:
    ///   - requiringClient: whether a client without a certificate of ours is turned away.
    ///   - protocols: for ALPN (RFC 7301), as `h2`.
    package static func serverContext(
        _ credentials: Credentials, requiringClient: Bool, protocols: [String]
    ) throws(SecurityFault) -> NIOSSLContext {
        try refusing {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: credentials.chain.map { .certificate($0) },
                privateKey: .privateKey(try credentials.nioKey()))
            restrict(&configuration, to: protocols)
            if requiringClient {
                // There is no name to check: who it is, the certificate says.
                configuration.certificateVerification = .noHostnameVerification
                configuration.trustRoots = .certificates([credentials.chain[1]])
            } else {
                configuration.certificateVerification = .none
                configuration.trustRoots = .certificates([])
            }
            return try NIOSSLContext(configuration: configuration)
        }
    }

    /// For a client with a certificate. Hand `serverName` to the handler as the server's host name.
    package static func clientConfiguration(
        _ credentials: Credentials, protocols: [String]
    ) throws(SecurityFault) -> TLSConfiguration {
        try refusing {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateChain = credentials.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(try credentials.nioKey())
            configuration.certificateVerification = .fullVerification
            configuration.trustRoots = .certificates([credentials.chain[1]])
            restrict(&configuration, to: protocols)
            return configuration
        }
    }

    /// For a client that has nothing but a join token. It trusts nobody: give the handler
    /// `enrolmentVerification` too.
    package static func enrolmentConfiguration(protocols: [String]) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .fullVerification
        configuration.trustRoots = .certificates([])
        restrict(&configuration, to: protocols)
        return configuration
    }

    private static func restrict(_ configuration: inout TLSConfiguration, to protocols: [String]) {
        // A peer that keeps an idle connection must not hold up an end.
        configuration.shutdownTimeout = .milliseconds(500)
        configuration.minimumTLSVersion = .tlsv13
        configuration.applicationProtocols = protocols
    }
}

extension Credentials {
    fileprivate func nioKey() throws -> NIOSSLPrivateKey {
        try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der)
    }
}
