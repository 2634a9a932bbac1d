import ErgonCoordinator
import ErgonDashboard
package import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import ErgonWire
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Glibc
package import Logging
import NIOCore
import Synchronization

/// What a coordinator is told on its command line.
package struct CoordinatorConfiguration: Sendable {
    package var home: CoordinatorHome
    /// The IPv4 address to listen on.
    package var host: String
    /// What others are told to connect to.
    package var advertised: String
    /// 0: the port of the last start, or one that the system picks.
    package var controlPort: Int
    package var dataPort: Int
    package var enrolmentPort: Int
    /// How long a worker may be away before its tasks go to others.
    package var grace: Microseconds
    /// The sites where workers may stand, and from which plans are made; `nil` if nobody said.
    package var planning: PlanningSettings?
    /// False only to measure what the log costs: nothing is kept then.
    package var isLogged = true
    /// By which campaigns are judged when they come; `nil` takes all of them.
    package var policy: LoadedPolicy?
    /// People stand on record under pseudonyms.
    package var hasPseudonyms = false

    package init(
        home: CoordinatorHome, host: String, advertised: String, controlPort: Int, dataPort: Int,
        enrolmentPort: Int,
        grace: Microseconds, planning: PlanningSettings? = nil
    ) {
        self.home = home
        self.host = host
        self.advertised = advertised
        self.controlPort = controlPort
        self.dataPort = dataPort
        self.enrolmentPort = enrolmentPort
        self.grace = grace
        self.planning = planning
    }
}

extension CoordinatorConfiguration {
    fileprivate var persons: PersonBook? {
        hasPseudonyms ? PersonBook(folder: home.persons) : nil
    }
}

/// Where the coordinator listens, once it does.
final class SharedPorts: Sendable {
    private let ports = Mutex<ListeningPorts?>(nil)

    var value: ListeningPorts? {
        get { ports.withLock { $0 } }
        set { ports.withLock { $0 = newValue } }
    }
}

/// Runs a coordinator until it is cancelled, or its log cannot be written.
/// - Parameters:
///   - onReady: called once, when everything listens.
///   - onEnd: called when the log is closed, with what ended it. A process had better end there and
///     then: servers that are cancelled do not survive connections that were just made.
package func runCoordinator(
    _ configuration: CoordinatorConfiguration, clock: @escaping @Sendable () -> Instant,
    logger: Logger, onReady: @escaping @Sendable (ListeningPorts) async -> Void,
    onEnd: @escaping @Sendable ((any Error)?) async -> Void
) async throws {
    let home = try madeHome(configuration)
    let authority = try home.authority(now: clock())
    let store = try madeStore(configuration)
    let signer = try home.logSigner(authority: authority.keyDigest)
    let (inbox, board, ports) = (CoordinatorInbox(), Board(), SharedPorts())
    let thread = CoordinatorThread(
        configuration: configuration, signer: signer, store: store, inbox: inbox, board: board,
        ports: ports, clock: clock, logger: logger)
    // Takes the log's lock: whoever comes second changes nothing.
    try await thread.start()
    let own = try credentials(authority, home, now: clock())
    let desk = try TokenDesk(path: home.tokens, authority: authority)
    let listeners = Listeners(
        configuration, before: try home.readPorts(), own, store,
        log: try home.logTiles(store, signer, authority), clock: clock, logger: logger)
    let control = ControlService(
        inbox: inbox, board: board, store: store, desk: desk, authority: authority,
        policy: configuration.policy.map { PolicyDesk(loaded: $0, store: store) },
        persons: configuration.persons, planner: thread.planner, clock: clock, logger: logger)
    let link = WorkerLinkService(
        inbox: inbox, store: store, ports: ports, authority: authority.certificate,
        grid: configuration.planning?.loaded.grid, clock: clock, logger: logger)
    let enrolment = EnrolmentService(
        desk: desk, credentials: own, ports: { ports.value }, clock: clock, logger: logger)
    let controlServer = GRPCServer(transport: listeners.control, services: [control, link])
    let enrolmentServer = GRPCServer(transport: listeners.enrolment, services: [enrolment])
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await controlServer.serve() }
        group.addTask { try await enrolmentServer.serve() }
        group.addTask { try await listeners.serveContent() }
        group.addTask { try await thread.ended() }
        group.addTask { try await keepTime(inbox, own, clock) }
        if let planner = thread.planner { group.addTask { try await planner.watchSignals() } }
        do {
            guard let listening = try await listeners.ports(configuration) else {
                throw try await failure(of: &group)
            }
            ports.value = listening
            try home.write(listening)
            await onReady(listening)
            try await group.next()
        } catch let error where !Task.isCancelled {
            inbox.push(.stop)
            await onEnd(error)
            group.cancelAll()
            throw error
        } catch {
            // We were told to stop; a server may put it in other words.
        }
        // The log is closed in order; workers see the streams end and keep what they have.
        inbox.push(.stop)
        try await closed(thread, onEnd)
        group.cancelAll()
    }
}

extension CoordinatorHome {
    fileprivate func logTiles(
        _ store: ContentStore, _ signer: NoteSigner, _ authority: Authority
    ) throws -> LogTiles {
        try LogTiles(
            of: log, content: store, key: signer.verifier, authority: authority.certificatePEM,
            in: tiles)
    }
}

/// With the policy in it that decisions name.
private func madeStore(_ configuration: CoordinatorConfiguration) throws -> ContentStore {
    let store = try ContentStore(configuration.home.content)
    if let policy = configuration.policy {
        _ = try store.put(policy.text)
        try store.sync()
    }
    return store
}

private func closed(
    _ thread: CoordinatorThread, _ onEnd: @Sendable ((any Error)?) async -> Void
) async throws {
    do { try await thread.ended() } catch {
        await onEnd(error)
        throw error
    }
    await onEnd(nil)
}

/// What ended the first of the servers to end: one of them cannot listen.
private func failure(
    of group: inout ThrowingTaskGroup<Void, any Error>
) async throws -> any Error {
    guard case .failure(let error) = await group.nextResult() else { return CancellationError() }
    if error is any Actionable || error is CancellationError { return error }
    return ListeningFault(problem: "\(error)")
}

/// A port cannot be listened on.
private struct ListeningFault: Actionable {
    var place: String { "coordinator" }
    var problem: String
    var remedy: String { "choose an address of this machine and ports that nobody else uses" }
}

private func madeHome(
    _ configuration: CoordinatorConfiguration
) throws(SecurityFault) -> CoordinatorHome {
    try CoordinatorHome.makeFolder(configuration.home.folder)
    return configuration.home
}

/// The coordinator's own, and its operator's.
private func credentials(
    _ authority: Authority, _ home: CoordinatorHome, now: Instant
) throws -> OwnCredentials {
    let own = try OwnCredentials(authority, in: home.credentials, now: now)
    try issueOperator(authority, home, now: now)
    return own
}

/// Whoever can read the home may act as the operator.
private func issueOperator(_ authority: Authority, _ home: CoordinatorHome, now: Instant) throws {
    let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "operator"
    let identity = try Identity(role: .operator, name: name)
    let known = try? Credentials.load(from: home.identity)
    let isGood = known.map { known in
        known.identity == identity && known.authority == authority.certificate
            && known.validity.isInFirstHalf(now)
    }
    if isGood == true { return }
    try authority.issueCredentials(to: identity, in: home.identity, now: now).save()
}

private func keepTime(
    _ inbox: CoordinatorInbox, _ own: OwnCredentials, _ clock: @Sendable () -> Instant
) async throws {
    while true {
        try await Task.sleep(for: .seconds(1))
        inbox.push(.core(.tick))
        try own.renew(now: clock())
    }
}
