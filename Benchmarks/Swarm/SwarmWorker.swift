import ErgonModel
import ErgonSecurity
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// One worker's end of the stream, without anything behind it.
struct SwarmWorker: Sendable {
    let credentials: Credentials
    let port: Int
    let life: Int
    let cpus: Int
    let answers: Answers

    private var facts: WorkerFacts {
        WorkerFacts(
            worker: WorkerID(credentials.identity.name), cpus: cpus, memory: ByteCount(1 << 36),
            cpuModel: "none",
            power: PowerModel(
                source: "none", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 50),
            signing: credentials.signing)
    }

    /// Ends when the coordinator ends the stream.
    func run() async throws {
        let credentials = credentials
        let client = try Connection.client(
            host: "127.0.0.1", port: port, credentials: { credentials })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.runConnections() }
            defer { client.beginGracefulShutdown() }
            try await work(Ergon_V1_WorkerLink.Client(wrapping: client))
        }
    }

    private func work(_ link: Ergon_V1_WorkerLink.Client<HTTP2ClientTransport.Posix>) async throws {
        let (messages, outbox) = AsyncStream.makeStream(of: Ergon_V1_FromWorker.self)
        var hello = Ergon_V1_FromWorker()
        hello.hello = Ergon_V1_Hello(facts, life: life, held: [], version: ergonVersion)
        outbox.yield(hello)
        var options = CallOptions.defaults
        options.maxRequestMessageBytes = Connection.messageLimit
        try await link.work(options: options) { writer in
            for await message in messages { try await writer.write(message) }
        } onResponse: { response in
            var batch = 0
            for try await message in response.messages {
                guard case .lease(let lease) = try message.model() else { continue }
                for results in answers.results(of: lease, now: systemClock()) {
                    batch += 1
                    outbox.yield(report(results, of: lease, batch))
                }
            }
            outbox.finish()
        }
    }

    private func report(
        _ results: [TaskResult], of lease: Lease, _ batch: Int
    ) -> Ergon_V1_FromWorker {
        var message = Ergon_V1_FromWorker()
        message.results = Ergon_V1_Results(
            WorkerReport(
                id: ReportID(life: life, batch: batch), lease: lease.id, campaign: lease.campaign,
                stage: lease.stage, results: results)
        ) { _ in nil }
        message.results.sign(as: credentials)
        return message
    }
}
