import ErgonModel
import ErgonSecurity
import HummingbirdCore
import Logging
import NIOCore

/// HTTP/1.1 behind mutual TLS 1.3. Every connection gets a TLS context of its own, so that none
/// resumes an earlier session past the check of its certificate, and renewed credentials count
/// from the next connection on.
struct SecureChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    let http: HTTP1Channel
    let credentials: @Sendable () -> Credentials
    let clock: @Sendable () -> Instant
    /// Gets a line for every connection that is refused.
    let refusals: Logger

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try TLS.secure(
                channel, with: credentials(), requiringClient: true, protocols: ["http/1.1"],
                clock: clock
            ) { sentence in
                refusals.warning(
                    "connection refused", metadata: ["port": "data", "reason": "\(sentence)"])
            }
        }.flatMap {
            http.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await http.handle(value: value, logger: logger)
    }
}
