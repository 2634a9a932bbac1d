import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonSecurity

struct PersonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "person", abstract: "Says who is behind pseudonyms, and forgets it.",
        discussion: "For whoever can read the coordinator's home. It may run meanwhile.",
        subcommands: [PersonListCommand.self, PersonForgetCommand.self])
}

struct PersonListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists the people on record under pseudonyms.",
        discussion: """
            What the log says of somebody is found by the pseudonym: `ergon audit show`.
            """)

    @OptionGroup var home: HomeOption
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let book = PersonBook(folder: CoordinatorHome(folder: home.folder).persons)
            let persons = try book.persons().sorted { $0.value < $1.value }
            output.print(
                persons.map { "\($0.value) \($0.key)" }.joined(separator: "\n"),
                json: [
                    "persons": .array(
                        persons.map {
                            .object(["name": .string($0.value), "pseudonym": .string($0.key)])
                        })
                ])
        }
    }
}

struct PersonForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Makes what is on record of a person nobody's.",
        discussion: """
            The log keeps the pseudonym; who it stands for cannot be told any more, not even by \
            whoever knows the name. If the person comes back, they have a new one. Certificates \
            are not touched. Exit status 1 if there is nobody of that name.
            """)

    @OptionGroup var home: HomeOption
    @Argument(help: "The name in the person's certificates.")
    var name: String
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let book = PersonBook(folder: CoordinatorHome(folder: home.folder).persons)
            guard let pseudonym = try book.pseudonym(of: name), try book.forget(name) else {
                throw CommandFault(
                    place: name, problem: "nobody of that name is on record under a pseudonym",
                    remedy: "`ergon person list` names those who are", exit: Exit.no)
            }
            output.print(
                "\(pseudonym) is nobody's now", json: ["pseudonym": .string(pseudonym)])
        }
    }
}
