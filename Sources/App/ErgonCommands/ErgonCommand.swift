import ArgumentParser
import ErgonWire

/// `ergon`: one executable plays every part.
struct ErgonCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ergon",
        abstract: "Runs simulation, reconstruction and inference campaigns, and proves what ran.",
        discussion: """
            A campaign is one manifest (YAML, docs/MANIFEST.md). The quickest way to run one:

              ergon run manifests/z-peak.yaml

            starts a coordinator and workers on this machine, runs the campaign to its end, and \
            says where the results and the log are. For more than one machine, in three terminals:

              ergon coordinator --home /srv/ergon
              ergon token create --home /srv/ergon          # prints TOKEN@HOST:PORT
              ergon worker --join TOKEN@HOST:PORT
              ergon submit --home /srv/ergon manifests/z-peak.yaml

            Every command that prints data takes `-o json`. Exit status: 0 yes, 1 no (a campaign \
            failed, an audit found a fault), 64 wrong use or a wrong manifest, 69 no coordinator \
            answers, 70 a bug of ours, 130 ended at once by a second Ctrl-C or SIGTERM.

            Shell completions: ergon --generate-completion-script bash|zsh|fish
            """,
        version: ergonVersion,
        groupedSubcommands: [
            CommandGroup(
                name: "Campaigns",
                subcommands: [
                    RunCommand.self, ValidateCommand.self, PlanCommand.self, SubmitCommand.self,
                    StatusCommand.self, WatchCommand.self, ResultsCommand.self, LogsCommand.self,
                    ExplainCommand.self, ReportCommand.self, ApproveCommand.self,
                    HoldCommand.self, ReleaseCommand.self, CancelCommand.self, ResumeCommand.self,
                    RetryCommand.self, ForgetCommand.self,
                ]),
            CommandGroup(
                name: "Sites",
                subcommands: [
                    CoordinatorCommand.self, WorkerCommand.self, TokenCommand.self,
                    LoginCommand.self, PolicyCommand.self, PersonCommand.self, LogCommand.self,
                ]),
            CommandGroup(
                name: "Auditors",
                subcommands: [
                    CoverageCommand.self, AuditCommand.self, ReproduceCommand.self,
                    WitnessCommand.self,
                ]),
            CommandGroup(
                name: "Tools", subcommands: [MergeCommand.self, SimulateCommand.self]),
        ])
}

/// Parses the command line and does what it says.
package func runErgon() async {
    await ErgonCommand.main()
}
