import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonWire
import ErgonWireMessages

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
    @Option(help: "worker, submitter, approver, auditor or operator.")
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
