import ArgumentParser
import ErgonModel
import ErgonWire
import ErgonWireMessages

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Runs a worker, lists workers, or takes them out.",
        subcommands: [
            WorkerStartCommand.self, WorkerListCommand.self, WorkerDrainCommand.self,
            WorkerQuarantineCommand.self, WorkerReleaseCommand.self,
        ], defaultSubcommand: WorkerStartCommand.self)
}

struct WorkerListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the workers a coordinator knows.")

    @OptionGroup var home: HomeOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let workers = try await withCoordinator(home.folder) {
                try await $0.control.workers(
                    Ergon_V1_WorkersRequest(), options: ControlClient.patience
                ).workers
            }
            output.print(
                table(
                    ["worker", "", "threads", "memory", "leased", "finished", "processor"],
                    workers.map { worker in
                        [
                            worker.name, worker.state,
                            "\(worker.cpus)", text(ByteCount(worker.memoryBytes)),
                            "\(worker.leasedTasks)", "\(worker.finishedTasks)", worker.cpuModel,
                        ]
                    }, right: [2, 3, 4, 5]) + reasons(workers),
                json: ["workers": .array(workers.map(\.json))])
        }
    }
}

/// What speaks against a worker needs more room than a column has.
private func reasons(_ workers: [Ergon_V1_WorkerStatus]) -> String {
    workers.filter { !$0.reason.isEmpty }.map { "\n\($0.name): \($0.reason)" }.joined()
}

struct WorkerDrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Gives a worker nothing more; it ends what it has.")

    @OptionGroup var home: HomeOption
    @Argument(help: "The worker's name in `ergon worker list`.")
    var worker: String
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting { try await setStanding("draining", of: worker, home, output) }
    }
}

struct WorkerQuarantineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quarantine",
        abstract: "Takes a worker's tasks from it and gives it nothing until it is released.")

    @OptionGroup var home: HomeOption
    @Argument(help: "The worker's name in `ergon worker list`.")
    var worker: String
    @Option(help: "Why, for everybody who asks.")
    var reason = ""
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            try await setStanding("quarantined", of: worker, because: reason, home, output)
        }
    }
}

struct WorkerReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Gives a drained or quarantined worker work again.")

    @OptionGroup var home: HomeOption
    @Argument(help: "The worker's name in `ergon worker list`.")
    var worker: String
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting { try await setStanding("active", of: worker, home, output) }
    }
}

private func setStanding(
    _ standing: String, of worker: String, because reason: String = "", _ home: HomeOption,
    _ output: FormatOption
) async throws {
    var request = Ergon_V1_StandingRequest()
    request.worker = worker
    request.standing = standing
    request.reason = reason
    let reply = try await withCoordinator(home.folder) { [request] in
        try await $0.control.setStanding(request, options: ControlClient.patience)
    }
    output.print(reply.sentence, json: ["result": .string(reply.sentence)])
}

extension Ergon_V1_WorkerStatus {
    fileprivate var state: String {
        let presence = connected ? "connected" : "away"
        return standing == "active" ? presence : "\(presence), \(standing)"
    }

    fileprivate var json: JSON {
        .object([
            "name": .string(name), "connected": .bool(connected), "cpus": .integer(Int64(cpus)),
            "memoryBytes": .integer(memoryBytes), "cpuModel": .string(cpuModel),
            "leasedTasks": .integer(leasedTasks), "finishedTasks": .integer(finishedTasks),
            "standing": .string(standing), "reason": .string(reason),
            "site": site.isEmpty ? .null : .string(site),
            "nodeClass": nodeClass.isEmpty ? .null : .string(nodeClass),
        ])
    }
}
