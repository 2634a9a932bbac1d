import ArgumentParser
import ErgonSecurity

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
            let (credentials, _) = try await target.join(home: home.folder)
            printData("\(credentials.identity) of \(target.host)")
        }
    }
}
