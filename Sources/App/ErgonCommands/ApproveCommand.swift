import ArgumentParser
import ErgonModel
import ErgonWire
import ErgonWireMessages

struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Answers for a campaign that waits for a second person.",
        discussion: """
            Takes a certificate of role approver, and another person than whoever submitted the \
            campaign. Before it starts the answer is about its start: a rejected one ends there. \
            After its end it is about its outputs, which nobody is handed before. The answer and \
            the comment are on record.
            """)

    @OptionGroup var home: HomeOption
    @Argument(help: "A campaign's number or name, or `last`.")
    var campaign: String
    @Flag(help: "Says no instead of yes.")
    var reject = false
    @Option(help: "Why, for everybody who asks.")
    var comment = ""
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            var request = Ergon_V1_ApproveRequest()
            request.campaign = campaign
            request.rejected = reject
            request.comment = comment
            let reply = try await withCoordinator(home.folder) { [request] in
                try await $0.control.approve(request, options: ControlClient.patience)
            }
            output.print(reply.sentence, json: ["result": .string(reply.sentence)])
        }
    }
}
