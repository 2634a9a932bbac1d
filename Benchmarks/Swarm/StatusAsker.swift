import ErgonModel
import ErgonSecurity
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// Somebody who looks how things stand, again and again over one connection.
struct StatusAsker {
    let credentials: Credentials
    let port: Int
    /// Between two questions.
    static let pause = Duration.milliseconds(20)

    /// - Returns: how long each answer took.
    func ask(_ times: Int) async throws -> [Microseconds] {
        let credentials = credentials
        let client = try Connection.client(
            host: "127.0.0.1", port: port, credentials: { credentials })
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.runConnections() }
            defer { client.beginGracefulShutdown() }
            let control = Ergon_V1_Control.Client(wrapping: client)
            // The first one waits for the connection.
            _ = try await control.status(Ergon_V1_StatusRequest())
            var taken: [Microseconds] = []
            for _ in 0..<times {
                let began = steadyClock()
                _ = try await control.status(Ergon_V1_StatusRequest())
                taken.append(Microseconds(steadyClock().count - began.count))
                try await Task.sleep(for: Self.pause)
            }
            return taken
        }
    }
}
