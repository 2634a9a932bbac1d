package import ErgonModel
package import NIOCore
import NIOSSL
package import X509

/// Sits behind the TLS handler of one accepted connection and says why its handshake failed.
/// The client learns next to nothing from TLS, so the server's log has to tell.
package final class HandshakeWatch: ChannelInboundHandler {
    package typealias InboundIn = NIOAny
    package typealias InboundOut = NIOAny

    private let authority: Certificate
    private let clock: @Sendable () -> Instant
    private let report: @Sendable (String) -> Void

    /// - Parameter report: gets one sentence; called on the connection's event loop.
    package init(
        authority: Certificate, clock: @escaping @Sendable () -> Instant,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.authority = authority
        self.clock = clock
        self.report = report
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .handshakeFailed = error as? NIOSSLError {
            let client = presented(in: context)
            report(explain(error, presented: client, authority: authority, now: clock()))
        }
        context.fireErrorCaught(error)
    }

    /// What the client has shown; `nil` if it has shown nothing that can be read.
    private func presented(in context: ChannelHandlerContext) -> Certificate? {
        let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        return certificate.flatMap { try? Certificate(der: $0.toDERBytes()) }
    }
}

extension TLS {
    /// Puts TLS in front of all that is in the pipeline of a connection that was just accepted.
    /// - Parameters:
    ///   - clock: the time, when a failure is explained.
    ///   - report: gets one sentence if the handshake fails.
    /// - Precondition: called on the channel's event loop.
    package static func secure(
        _ channel: any Channel, with credentials: Credentials, requiringClient: Bool,
        protocols: [String], clock: @escaping @Sendable () -> Instant,
        report: @escaping @Sendable (String) -> Void
    ) throws {
        let context = try serverContext(
            credentials, requiringClient: requiringClient, protocols: protocols)
        let watch = HandshakeWatch(
            authority: credentials.authority, clock: clock, report: report)
        try channel.pipeline.syncOperations.addHandlers(
            [NIOSSLServerHandler(context: context), watch], position: .first)
    }

    /// The same on the client's side of a connection that is about to be made.
    package static func secure(
        _ channel: any Channel, as credentials: Credentials, protocols: [String]
    ) throws {
        let context = try NIOSSLContext(
            configuration: clientConfiguration(credentials, protocols: protocols))
        try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: serverName), position: .first)
    }

    /// And for a client that has only a join token.
    package static func secure(
        _ channel: any Channel, pinning pin: Digest, protocols: [String], now: Instant,
        outcome: @escaping @Sendable (Result<[UInt8], ServerFault>) -> Void
    ) throws {
        let context = try NIOSSLContext(configuration: enrolmentConfiguration(protocols: protocols))
        let verification = enrolmentVerification(pin: pin, now: now, outcome: outcome)
        try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(
                context: context, serverHostname: serverName,
                customVerificationCallbackWithMetadata: verification),
            position: .first)
    }
}
