import ErgonCoordinatorService
import ErgonSecurity
import ErgonSystem
import ErgonWire

/// TOKEN@HOST:PORT
struct JoinTarget {
    var token: JoinToken
    var host: String
    var port: Int

    init(_ text: String) throws {
        let parts = text.split(separator: "@", maxSplits: 1)
        let address =
            parts.count == 2
            ? parts[1].split(separator: ":", omittingEmptySubsequences: false) : []
        guard address.count == 2, !address[0].isEmpty,
            let token = JoinToken(parsing: String(parts[0])),
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

    /// Joins, and keeps in a home who we are and where the coordinator is.
    func join(home folder: String) async throws -> (Credentials, CoordinatorAddress) {
        try CoordinatorHome.makeFolder(folder)
        let home = CoordinatorHome(folder: folder)
        let (credentials, address) = try await ErgonWire.join(
            token: token, host: host, port: port, folder: home.identity, now: systemClock())
        try home.write(
            ListeningPorts(
                host: host, advertised: host, control: address.controlPort, data: address.dataPort,
                enrolment: port))
        return (credentials, address)
    }
}
