import ArgumentParser
import ErgonModel
import ErgonWire
import ErgonWireMessages

struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers", abstract: "Lists the workers a coordinator knows.")

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
                            worker.name, worker.connected ? "connected" : "away",
                            "\(worker.cpus)", text(ByteCount(worker.memoryBytes)),
                            "\(worker.leasedTasks)", "\(worker.finishedTasks)", worker.cpuModel,
                        ]
                    }, right: [2, 3, 4, 5]),
                json: ["workers": .array(workers.map(\.json))])
        }
    }
}

extension Ergon_V1_WorkerStatus {
    fileprivate var json: JSON {
        .object([
            "name": .string(name), "connected": .bool(connected), "cpus": .integer(Int64(cpus)),
            "memoryBytes": .integer(memoryBytes), "cpuModel": .string(cpuModel),
            "leasedTasks": .integer(leasedTasks), "finishedTasks": .integer(finishedTasks),
        ])
    }
}
