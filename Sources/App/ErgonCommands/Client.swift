import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonSecurity
import ErgonSystem
import ErgonTransfer
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Glibc

/// Where the coordinator's address and our credentials are.
struct HomeOption: ParsableArguments {
    @Option(
        help: """
            Folder of a coordinator on this machine, or of a login made with `ergon login`. \
            Default: $ERGON_HOME, else ~/.ergon.
            """)
    var home: String?

    var folder: String { absolute(home ?? Self.usual) }

    static var usual: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["ERGON_HOME"] ?? "\(environment["HOME"] ?? ".")/.ergon"
    }
}

func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    return FileManager.default.currentDirectoryPath + "/" + path
}

/// A connection to a coordinator, as whoever the home says we are.
struct ControlClient: Sendable {
    let control: Ergon_V1_Control.Client<HTTP2ClientTransport.Posix>
    let endpoint: ErgonTransfer.Endpoint
    let transfers: TransferClient

    /// How long a question may go unanswered.
    static var patience: CallOptions {
        var options = CallOptions.defaults
        options.timeout = .seconds(20)
        return options
    }

    func has(_ digest: Digest) async throws -> Bool {
        try await transfers.has(digest, at: endpoint)
    }
}

/// Opens a connection for as long as `body` runs.
func withCoordinator<Result: Sendable>(
    _ home: String, _ body: @Sendable (ControlClient) async throws -> Result
) async throws -> Result {
    let home = CoordinatorHome(folder: home)
    guard let ports = try home.readPorts(),
        let credentials = try Credentials.load(from: home.identity)
    else {
        throw CommandFault(
            place: home.folder, problem: "no coordinator and no login here",
            remedy: "start `ergon coordinator --home \(home.folder)`, or use `ergon login`",
            exit: Exit.noCoordinator)
    }
    let client = try Connection.client(
        host: ports.host, port: ports.control, credentials: { credentials })
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.runConnections() }
        defer {
            client.beginGracefulShutdown()
            group.cancelAll()
        }
        await renewIfDue(credentials, client)
        return try await body(
            ControlClient(
                control: Ergon_V1_Control.Client(wrapping: client),
                endpoint: ErgonTransfer.Endpoint(
                    host: ports.host, port: ports.data, keyPath: credentials.keyPath,
                    certificatePath: credentials.certificatePath,
                    authorityPath: credentials.authorityPath),
                transfers: TransferClient()))
    }
}

/// People renew as they go: whoever gives a command in the second half of a certificate's life
/// gets the next one with it. If that fails the command still goes on with what there is.
private func renewIfDue(
    _ credentials: Credentials, _ client: GRPCClient<HTTP2ClientTransport.Posix>
) async {
    if credentials.validity.isInFirstHalf(systemClock()) { return }
    do { _ = try await renewed(credentials, by: client) } catch {
        printNote("the certificate could not be renewed: \(error)")
    }
}

/// `z-peak.reco.3`, `last.reco.mass/1.0`: campaign, stage and task.
struct TaskPath: ExpressibleByArgument {
    var selector = Ergon_V1_TaskSelector()

    init?(argument: String) {
        let parts = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count >= 3, let task = Int64(parts[parts.count - 1]), task >= 0 else {
            return nil
        }
        selector.campaign = String(parts[0])
        selector.stage = parts[1..<parts.count - 1].joined(separator: ".")
        selector.task = task
    }
}

struct CampaignArgument: ParsableArguments {
    @Argument(help: "A campaign's number or name; `last` is the newest.")
    var campaign = "last"

    var selector: Ergon_V1_CampaignSelector {
        var selector = Ergon_V1_CampaignSelector()
        selector.campaign = campaign
        return selector
    }
}
