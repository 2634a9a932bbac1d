import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import ErgonWire
import ErgonWireMessages
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Logging
import Synchronization
import X509

/// Who calls, by the certificate of the connection; asked on every call.
func caller(
    _ context: ServerContext, _ allowed: Set<Role>, now: Instant, logger: Logger
) throws -> Identity {
    let transport = context.transportSpecific as? HTTP2ServerTransport.Posix.Context
    do throws(PeerRefusal) {
        return try checkPeer(
            transport?.peerCertificate, now: now, denied: [], allowed: allowed)
    } catch {
        logger.warning(
            "call refused",
            metadata: ["method": "\(context.descriptor.method)", "reason": "\(error.forLog)"])
        throw RPCError(code: .permissionDenied, message: error.forPeer)
    }
}

/// The workers' end of the coordinator: one stream a worker.
struct WorkerLinkService: Ergon_V1_WorkerLink.SimpleServiceProtocol {
    let inbox: CoordinatorInbox
    let store: ContentStore
    let ports: SharedPorts
    let authority: Certificate
    /// Where workers may stand; `nil` if nobody said.
    let grid: Grid?
    let clock: @Sendable () -> Instant
    let logger: Logger
    let sessions = Sessions()

    /// Tells a worker's streams apart.
    final class Sessions: Sendable {
        private let last = Atomic(0)
        func next() -> Int { last.add(1, ordering: .relaxed).newValue }
    }

    func work(
        request: RPCAsyncSequence<Ergon_V1_FromWorker, any Error>,
        response: RPCWriter<Ergon_V1_ToWorker>, context: ServerContext
    ) async throws {
        let identity = try caller(context, [.worker], now: clock(), logger: logger)
        guard ports.value != nil else {
            throw RPCError(code: .unavailable, message: "the coordinator is starting")
        }
        let worker = WorkerID(identity.name)
        let session = sessions.next()
        let (orders, outbox) = AsyncStream.makeStream(
            of: Ergon_V1_ToWorker.self, bufferingPolicy: .bufferingOldest(Self.outboxCapacity))
        defer {
            outbox.finish()
            inbox.push(.linkClosed(worker, session: session))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await read(request, from: worker, session, outbox) }
            group.addTask {
                for await order in orders { try await response.write(order) }
                throw RPCError(code: .aborted, message: "the coordinator has ended this stream")
            }
            // Whichever ends first ends the other: a worker whose outbox is gone must not go on
            // thinking that it is linked.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// How many orders may wait for a worker to read them; credit keeps it far below.
    private static let outboxCapacity = 10_000

    private func read(
        _ request: RPCAsyncSequence<Ergon_V1_FromWorker, any Error>, from worker: WorkerID,
        _ session: Int, _ outbox: AsyncStream<Ergon_V1_ToWorker>.Continuation
    ) async throws {
        var messages = request.makeAsyncIterator()
        guard case .hello(let hello) = try await messages.next()?.kind else {
            throw RPCError(code: .invalidArgument, message: "the first message must be `hello`")
        }
        let (facts, life, held) = try refusing {
            (try signed(hello, by: worker), try hello.drawnLife(), try hello.heldLeases())
        }
        guard let key = facts.signing.flatMap({ ReportKey(compressed: $0.key) }) else {
            throw RPCError(code: .invalidArgument, message: "a worker that signs nothing")
        }
        if let lack = facts.place.flatMap({ grid?.lack(of: $0) }) {
            logger.warning(
                "worker refused", metadata: ["worker": "\(worker)", "reason": "\(lack)"])
            throw RPCError(code: .failedPrecondition, message: lack)
        }
        inbox.push(.linkOpened(facts, life: life, held, session: session, outbox))
        while let message = try await messages.next() {
            try await take(message, from: worker, key)
        }
    }

    private func signed(_ hello: Ergon_V1_Hello, by worker: WorkerID) throws -> WorkerFacts {
        var facts = try hello.facts(of: worker)
        do throws(SignerFault) {
            facts.signing = try SigningKey(
                certificate: [UInt8](hello.certificate), of: worker, by: authority, now: clock())
        } catch { throw WireFault(problem: "a worker that signs with \(error.reason)") }
        return facts
    }

    private func take(
        _ message: Ergon_V1_FromWorker, from worker: WorkerID, _ key: ReportKey
    ) async throws {
        switch message.kind {
        case .results(let results):
            let report = try refusing { try results.model(of: worker, signedBy: key) }
            await inbox.deliver(try store(results, report, of: worker), from: worker)
        case .decline(let decline):
            let reason = decline.shortenedReason
            inbox.push(.core(.decline(worker, decline.lease.model, reason: reason)))
        case .giveBack(let back):
            let tasks = try refusing { try back.returned() }
            inbox.push(.core(.giveBack(worker, back.lease.model, tasks)))
        case .leaving: inbox.push(.core(.leaving(worker)))
        case .hello, nil:
            throw RPCError(code: .invalidArgument, message: "`hello` comes once, and first")
        }
    }

    /// Stores what rides along; the results then name content that is there.
    private func store(
        _ results: Ergon_V1_Results, _ report: WorkerReport, of worker: WorkerID
    ) throws -> WorkerReport {
        try refusing {
            for (claimed, bytes, isLog) in try results.riding() {
                // Nothing computes with what tasks said, and there is much of it.
                let stored = try isLog ? store.pack([UInt8](bytes)) : store.put([UInt8](bytes))
                guard stored == claimed else {
                    throw WireFault(problem: "content that is not \(claimed.digest)")
                }
            }
            return try withoutAbsent(report, of: worker)
        }
    }

    /// A success may only name content that can be fetched; one that does not is a failure, and not
    /// a reason to hear the same report again.
    private func withoutAbsent(
        _ said: WorkerReport, of worker: WorkerID
    ) throws -> WorkerReport {
        var report = said
        for index in report.results.indices {
            let absent = report.results[index].outputs.first { !store.has($0.digest) }
            guard let absent else { continue }
            logger.warning("an output was never put here", metadata: ["digest": "\(absent.digest)"])
            report.signature?.isAltered = true
            report.results[index].outputs = []
            report.results[index].outcome = .failed(
                .missingOutput("content \(absent.digest)"), isFinal: false)
        }
        if report.signature?.isAltered == true {
            _ = try store.pack(ReportStatement(said, by: worker).bytes)
        }
        return report
    }

    private func refusing<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let fault as WireFault {
            logger.warning("message refused", metadata: ["reason": "\(fault.problem)"])
            throw RPCError(code: .invalidArgument, message: fault.problem)
        } catch let fault as StoreFault {
            logger.error("content not stored", metadata: ["reason": "\(fault.problem)"])
            throw RPCError(code: .unavailable, message: "the coordinator cannot store content")
        }
    }
}
