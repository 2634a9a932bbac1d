import ArgumentParser
import ErgonModel
import ErgonSecurity
import ErgonSystem
import Glibc

/// `swarm-bench`: many workers in one process that answer every lease at once, over real
/// connections, so that a coordinator can be measured alone (`Benchmarks/bench_zero.py`,
/// `Benchmarks/bench_idle.py`).
@main
struct SwarmBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swarm-bench",
        abstract: "Workers that answer every lease at once; each with a connection of its own.",
        discussion: """
            Their certificates come from the authority in the coordinator's home. Runs until \
            SIGTERM.
            """)

    @Argument(help: "The coordinator's home.", completion: .directory)
    var home: String
    @Option(help: "How many workers.")
    var workers = 1
    @Option(help: "The number in the name of the first.")
    var first = 1
    @Option(help: "Hardware threads of each.")
    var cpus = 2
    @Flag(help: "Each result has times of its own, so that no two are alike.")
    var ownTimes = false
    @Option(help: "The most tasks in one report.")
    var reported = 65_536
    @Option(help: "No workers: ask for the status so often, and print the microseconds of each.")
    var ask: Int?
    @Option(help: "Microseconds of CPU time that every task is said to have taken.")
    var taking: Int64 = 0

    func validate() throws {
        guard (1...10_000).contains(workers), (1...4096).contains(cpus),
            (1...1_000_000).contains(reported), (0...1_000_000_000).contains(taking)
        else {
            throw ValidationError(
                "--workers is 1 to 10000, --cpus 1 to 4096, --reported 1 to 1000000")
        }
    }

    func run() async throws {
        if let ask {
            guard let credentials = try Credentials.load(from: "\(home)/identity") else {
                throw ValidationError("there is no identity in \(home)")
            }
            let asker = StatusAsker(credentials: credentials, port: try controlPort(in: home))
            for taken in try await asker.ask(ask) { print(taken.count) }
        } else {
            try await work()
        }
    }

    private func work() async throws {
        let authority = try Authority.openOrCreate(in: "\(home)/authority", now: systemClock())
        let port = try controlPort(in: home)
        let answers = Answers(hasOwnTimes: ownTimes, most: reported, taking: Microseconds(taking))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in first..<first + workers {
                let identity = try Identity(role: .worker, name: "swarm-\(number)")
                let credentials = try authority.issueCredentials(
                    to: identity, in: home, now: systemClock())
                let worker = SwarmWorker(
                    credentials: credentials, port: port, life: number, cpus: cpus,
                    answers: answers)
                group.addTask { try await worker.run() }
            }
            try await group.waitForAll()
        }
    }
}
