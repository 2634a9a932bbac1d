package import ErgonModel
package import ErgonSecurity
import ErgonWireMessages
package import GRPCCore
package import GRPCNIOTransportHTTP2Posix
import NIOCore
import Synchronization

/// Both ends of our gRPC connections. The transport is the plaintext one with our own TLS put in
/// front of it connection by connection: that gives TLS 1.3 only and no resumed sessions, which
/// the stock TLS transport cannot. There is no way to leave the TLS out.
package enum Connection {
    /// A message may be so large: a lease that brings lists of files along.
    package static let messageLimit = 16 << 20
    /// How often an idle connection is probed, and how long a probe may go unanswered.
    static let probe = (every: Duration.seconds(10), patience: Duration.seconds(10))

    /// A client that shows `credentials` and verifies the coordinator's certificate.
    /// - Parameter credentials: asked for every connection, so that a renewal needs no restart.
    package static func client(
        host: String, port: Int, credentials: @escaping @Sendable () -> Credentials
    ) throws -> GRPCClient<HTTP2ClientTransport.Posix> {
        try client(host: host, port: port) { channel in
            try TLS.secure(channel, as: credentials(), protocols: ["h2"])
        }
    }

    /// A client that has only a join token.
    /// - Parameter outcome: gets the server's certificate (DER), or why it was refused.
    package static func client(
        host: String, port: Int, pinning pin: Digest, now: Instant,
        outcome: @escaping @Sendable (Result<[UInt8], ServerFault>) -> Void
    ) throws -> GRPCClient<HTTP2ClientTransport.Posix> {
        try client(host: host, port: port) { channel in
            try TLS.secure(channel, pinning: pin, protocols: ["h2"], now: now, outcome: outcome)
        }
    }

    private static func client(
        host: String, port: Int, secure: @escaping @Sendable (any Channel) throws -> Void
    ) throws -> GRPCClient<HTTP2ClientTransport.Posix> {
        let transport = try HTTP2ClientTransport.Posix(
            target: isAddress(host)
                ? .ipv4(address: host, port: port) : .dns(host: host, port: port),
            transportSecurity: .customSecure,
            config: .defaults { config in
                config.http2.authority = TLS.serverName
                config.http2.targetWindowSize = 1 << 20
                config.backoff.initial = .milliseconds(200)
                config.backoff.max = .seconds(4)
                config.connection.keepalive = .init(
                    time: probe.every, timeout: probe.patience, allowWithoutCalls: false)
                config.connection.flushCoalescing = nil
                config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
                    channel.eventLoop.makeCompletedFuture { try secure(channel) }
                }
            })
        return GRPCClient(transport: transport)
    }

    private static func isAddress(_ host: String) -> Bool {
        host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
    }

    /// - Parameters:
    ///   - requiringClient: false for the one port where strangers may present a join token.
    ///   - report: gets a sentence for every handshake that failed.
    package static func serverTransport(
        host: String, port: Int, credentials: @escaping @Sendable () -> Credentials,
        requiringClient: Bool, clock: @escaping @Sendable () -> Instant,
        report: @escaping @Sendable (String) -> Void
    ) -> HTTP2ServerTransport.Posix {
        HTTP2ServerTransport.Posix(
            address: .ipv4(host: host, port: port), transportSecurity: .plaintext,
            config: .defaults { config in
                config.http2.targetWindowSize = 1 << 20
                config.http2.maxConcurrentStreams = 10_000
                config.rpc.maxRequestPayloadSize = messageLimit
                config.connection.keepalive = .init(
                    time: probe.every, timeout: probe.patience,
                    clientBehavior: .init(
                        minPingIntervalWithoutCalls: .seconds(5), allowWithoutCalls: true))
                config.connection.flushCoalescing = nil
                config.channelDebuggingCallbacks.onAcceptTCPConnection = { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try TLS.secure(
                            channel, with: credentials(), requiringClient: requiringClient,
                            protocols: ["h2"], clock: clock, report: report)
                    }
                }
            })
    }
}
