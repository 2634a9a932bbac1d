import ArgumentParser
import ErgonCoordinatorService
import ErgonEnergy
import ErgonModel
import ErgonSecurity
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import ErgonWorkerService
import FoundationEssentials
import Logging
import Glibc

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Runs a coordinator.",
        discussion: """
            Keeps everything in its home: the authority it makes at its first start, the log, the \
            content. Started again on the same home it goes on where it stopped, on the same \
            ports. It speaks TLS 1.3 only; but for joining, only with certificates of its own \
            authority. SIGTERM or Ctrl-C ends it; what runs on workers goes on.
            """)

    @OptionGroup var home: HomeOption
    @Option(help: "Address to listen on (IPv4).")
    var listen = "127.0.0.1"
    @Option(help: "What others are told to connect to. Default: that address, or the host's name.")
    var advertise: String?
    @Option(help: "Port of the control stream. 0: the last one, or one that is free.")
    var port = 0
    @Option(help: "Port for content.")
    var dataPort = 0
    @Option(help: "Port where join tokens are presented.")
    var enrolmentPort = 0
    @Option(help: "Seconds a worker may be away before its tasks go to others.")
    var grace = 15
    @Option(help: ArgumentHelp("Write this file when everything listens.", visibility: .hidden))
    var readyFile: String?
    @Flag(help: "Log warnings only.")
    var quiet = false

    func validate() throws {
        guard (0...86_400).contains(grace) else {
            throw ValidationError("--grace is 0 to 86400 seconds")
        }
        let parts = listen.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) else {
            throw ValidationError("--listen is an IPv4 address; 0.0.0.0 for all of this machine's")
        }
    }

    private var usualName: String {
        listen == "0.0.0.0" ? ProcessInfo.processInfo.hostName : listen
    }

    func run() async throws {
        try await reporting {
            let home = CoordinatorHome(folder: home.folder)
            let configuration = CoordinatorConfiguration(
                home: home, host: listen, advertised: advertise ?? usualName, controlPort: port,
                dataPort: dataPort,
                enrolmentPort: enrolmentPort, grace: .seconds(Int64(grace)))
            let logger = makeLogger("coordinator", quiet: quiet)
            try await untilSignalled {
                try await runCoordinator(configuration, clock: systemClock, logger: logger) {
                    ports in
                    if !quiet {
                        printNote("coordinator listens on \(ports.host):\(ports.control)")
                        printNote("join tokens: ergon token create --home \(home.folder)")
                    }
                    if let readyFile {
                        _ = FileManager.default.createFile(atPath: readyFile, contents: nil)
                    }
                }
            }
        }
    }
}

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Runs a worker.",
        discussion: """
            The first time it needs a join token, from `ergon token create`; after that its home \
            holds its certificate. It runs as many tasks at once as fit its threads and memory, \
            waits for a coordinator that is away, and stops its tasks when it is stopped.
            """)

    @Option(
        help: """
            TOKEN@HOST:PORT. Also taken from $ERGON_JOIN, where other users of the machine do not \
            see it.
            """)
    var join: String?
    @Option(help: "Folder for its certificate, cache and tasks.", completion: .directory)
    var home = "ergon-worker"
    @Option(help: "Hardware threads for tasks. Default: all.")
    var cpus: Int?
    @Option(help: "Memory for tasks, in MiB. Default: all.")
    var memory: Int?
    @Option(help: "The most its cache may hold, in MiB.")
    var cache = 20_480
    @Option(help: "Folders in which programs are looked up. Default: $PATH.")
    var path: String?
    @Flag(help: "Log warnings only.")
    var quiet = false

    func validate() throws {
        if let cpus, !(1...4096).contains(cpus) { throw ValidationError("--cpus is 1 to 4096") }
        if let memory, memory < 1 { throw ValidationError("--memory is at least 1") }
        if cache < 1 { throw ValidationError("--cache is at least 1") }
    }

    func run() async throws {
        try await reporting {
            let folder = absolute(home)
            try CoordinatorHome.makeFolder(folder)
            let (credentials, address) = try await enrolled(folder)
            let environment = ProcessInfo.processInfo.environment
            let configuration = WorkerConfiguration(
                facts: try facts(credentials), folder: folder,
                cacheLimit: ByteCount(Int64(cache) << 20),
                searchPath: path ?? environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
                address: address)
            let logger = makeLogger("worker", quiet: quiet)
            logger.info("worker starts", metadata: ["name": "\(credentials.identity.name)"])
            do {
                try await untilSignalled {
                    try await runWorker(
                        configuration, credentials: credentials, clock: systemClock, logger: logger)
                }
            } catch let refused as WorkerRefused {
                throw CommandFault(
                    place: "\(address.host):\(address.controlPort)",
                    problem: "the coordinator refuses this worker: \(refused.reason)",
                    remedy: "ask for a new join token", exit: Exit.no)
            }
        }
    }

    private func facts(_ credentials: Credentials) throws -> WorkerFacts {
        let host = try readHostFacts(root: "")
        return WorkerFacts(
            worker: WorkerID(credentials.identity.name), cpus: cpus ?? host.threads,
            memory: memory.map { ByteCount(Int64($0) << 20) } ?? host.memory,
            cpuModel: host.cpuModel, power: powerModel(for: host.cpuModel))
    }

    /// The credentials of an earlier start, or new ones for the token.
    private func enrolled(_ folder: String) async throws -> (Credentials, CoordinatorAddress) {
        let identity = "\(folder)/identity"
        if let text = join ?? ProcessInfo.processInfo.environment["ERGON_JOIN"] {
            let target = try JoinTarget(text)
            let joined = try await ErgonWire.join(
                token: target.token, host: target.host, port: target.port, folder: identity,
                now: systemClock())
            try remember(joined.address, in: folder)
            return joined
        }
        guard let credentials = try Credentials.load(from: identity),
            let ports = try CoordinatorHome(folder: folder).readPorts()
        else {
            throw CommandFault(
                place: folder, problem: "this worker has not joined yet",
                remedy: "give it --join TOKEN@HOST:PORT from `ergon token create`")
        }
        return (
            credentials,
            CoordinatorAddress(host: ports.host, controlPort: ports.control, dataPort: ports.data)
        )
    }
}

private func remember(_ address: CoordinatorAddress, in folder: String) throws {
    try CoordinatorHome(folder: folder).write(
        ListeningPorts(
            host: address.host, advertised: address.host, control: address.controlPort,
            data: address.dataPort, enrolment: 0))
}

/// TOKEN@HOST:PORT
private struct JoinTarget {
    var token: JoinToken
    var host: String
    var port: Int

    init(_ text: String) throws {
        let parts = text.split(separator: "@", maxSplits: 1)
        let address = parts.count == 2 ? parts[1].split(separator: ":") : []
        guard address.count == 2, let token = JoinToken(parsing: String(parts[0])),
            let port = Int(address[1]), (1...65_535).contains(port)
        else {
            throw CommandFault(
                place: "--join", problem: "not of the form TOKEN@HOST:PORT",
                remedy: "`ergon token create` prints it so")
        }
        self.token = token
        self.host = String(address[0])
        self.port = port
    }
}

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Makes a home for a coordinator on another machine.",
        discussion: "After it, submit, status and the like work with that home.")

    @OptionGroup var home: HomeOption
    @Argument(help: "TOKEN@HOST:PORT, from `ergon token create --role submitter`.")
    var token: String

    func run() async throws {
        try await reporting {
            let target = try JoinTarget(token)
            try CoordinatorHome.makeFolder(home.folder)
            let joined = try await ErgonWire.join(
                token: target.token, host: target.host, port: target.port,
                folder: CoordinatorHome(folder: home.folder).identity, now: systemClock())
            try remember(joined.address, in: home.folder)
            printData("\(joined.credentials.identity) of \(target.host)")
        }
    }
}

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Makes join tokens.",
        subcommands: [TokenCreateCommand.self], defaultSubcommand: TokenCreateCommand.self)
}

struct TokenCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Prints a join token, good for one use.",
        discussion: "Whoever presents it gets a certificate for the role. Hand it on as a secret.")

    @OptionGroup var home: HomeOption
    @Option(help: "worker, submitter, auditor or operator.")
    var role = "worker"
    @Option(help: "What its bearer will be called. Default: a name is made up.")
    var name: String?
    @Option(help: "Minutes for which it can be used.")
    var lifetime = 15
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard (1...525_600).contains(lifetime) else {
            throw ValidationError("--lifetime is 1 minute to a year")
        }
    }

    func run() async throws {
        try await reporting {
            let token = try await createToken(
                home.folder, role: role, name: name, seconds: Int64(lifetime) * 60)
            output.print(token, json: ["token": .string(token)])
        }
    }
}

/// - Returns: TOKEN@HOST:PORT
func createToken(_ home: String, role: String, name: String?, seconds: Int64) async throws -> String
{
    var request = Ergon_V1_TokenRequest()
    request.role = role
    if let name { request.name = name }
    request.lifetimeSeconds = seconds
    let reply = try await withCoordinator(home) { [request] in
        try await $0.control.createToken(request, options: ControlClient.patience)
    }
    guard let ports = try CoordinatorHome(folder: home).readPorts() else { throw Exit.bug }
    return "\(reply.token)@\(ports.advertised):\(ports.enrolment)"
}

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
