import ErgonModel
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import ErgonWorker
import GRPCCore
import Logging
import Synchronization

/// One stream after the other, for as long as it takes.
/// - Throws: `WorkerRefused`.
func keepLinked(
    _ client: GRPCClient<some ClientTransport>, _ inbox: WorkerInbox,
    _ logger: Logger
) async throws -> Never {
    let link = Ergon_V1_WorkerLink.Client(wrapping: client)
    var options = CallOptions.defaults
    // Despite its name, the limit of what grpc-swift takes.
    options.maxRequestMessageBytes = Connection.messageLimit
    var waits = Waits(first: .milliseconds(100), longest: .seconds(2))
    let presence = Presence(logger: logger)
    while true {
        let (messages, outbox) = AsyncStream.makeStream(of: Ergon_V1_FromWorker.self)
        let opened = steadyClock()
        do {
            try await link.work(options: options) { writer in
                inbox.post(.linkOpened(outbox))
                for await message in messages { try await writer.write(message) }
            } onResponse: { response in
                for try await message in response.messages {
                    presence.begin()
                    try take(message, inbox)
                }
            }
            presence.end("the stream has ended")
        } catch let error as RPCError where isFinal(error) {
            throw WorkerRefused(reason: error.message, remedy: remedy(of: error))
        } catch let error as RPCError {
            presence.end(error.message)
        } catch let error as WireFault {
            presence.end("it makes no sense: \(error.problem)")
        }
        try Task.checkCancellation()
        outbox.finish()
        inbox.post(.linkClosed)
        // However well it began: after a short one the next is likely to end in the same way.
        if opened + shortLink < steadyClock() { waits.startOver() }
        try await Task.sleep(for: waits.next())
    }
}

/// A stream that ends sooner has not been of much use.
private let shortLink = Microseconds.seconds(4)

private func take(
    _ message: Ergon_V1_ToWorker, _ inbox: WorkerInbox
) throws(WireFault) {
    let order = try message.model()
    if case .welcome(let welcome) = message.kind {
        guard (1...65_535).contains(welcome.dataPort) else {
            throw WireFault(problem: "a welcome to data port \(welcome.dataPort)")
        }
        inbox.post(.dataPort(Int(welcome.dataPort)))
    }
    if case .lease(let lease) = message.kind, !lease.manifestText.isEmpty {
        inbox.post(.manifest([UInt8](lease.manifestText)))
    }
    inbox.post(.core(.order(order)))
}

private func isFinal(_ error: RPCError) -> Bool {
    [.unauthenticated, .permissionDenied, .failedPrecondition].contains(error.code)
}

private func remedy(of error: RPCError) -> String {
    error.code == .failedPrecondition
        ? "name a place that is there with --site and --node-class"
        : "ask for a new join token"
}

/// Says when the coordinator goes and when it is back, each once. While short links end again and
/// again for the same reason, nothing is said.
private final class Presence: Sendable {
    private enum State {
        case unknown
        /// - Parameter last: why the link before this one ended.
        case here(since: Microseconds, last: String?)
        case away(since: Microseconds, reason: String, isTold: Bool)
    }

    private let state = Mutex(State.unknown)
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func begin() {
        let now = steadyClock()
        let news: String? = state.withLock { state in
            switch state {
            case .here: return nil
            case .unknown:
                state = .here(since: now, last: nil)
                return "connected"
            case .away(let since, let reason, let isTold):
                state = .here(since: now, last: reason)
                let seconds = (now.count - since.count + 500_000) / 1_000_000
                return isTold ? "connected again after \(seconds) s" : nil
            }
        }
        if let news { logger.notice("\(news)") }
    }

    func end(_ reason: String) {
        let now = steadyClock()
        let isNews = state.withLock { state in
            switch state {
            case .away: return false
            case .unknown:
                state = .away(since: now, reason: reason, isTold: true)
                return true
            case .here(let since, let last):
                let isNews = last != reason || since + shortLink < now
                state = .away(since: now, reason: reason, isTold: isNews)
                return isNews
            }
        }
        if isNews { logger.notice("the coordinator is away", metadata: ["reason": "\(reason)"]) }
    }
}
