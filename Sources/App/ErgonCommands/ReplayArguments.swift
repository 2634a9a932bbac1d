import ArgumentParser
import ErgonModel
import ErgonPlanner

/// How a log of jobs is replayed.
struct ReplayArguments: ParsableArguments {
    enum Way: String, ExpressibleByArgument, CaseIterable {
        case logged, even, greedy, threshold, planned, whole
    }

    @Option(help: "Sites, their nodes and signals, YAML (docs/ENERGY.md).", completion: .file())
    var grid: String?
    @Option(help: "A folder in which signals are looked for.", completion: .directory)
    var signals: String?
    @Option(
        help: "A log of jobs, Standard Workload Format; may be compressed with gzip.",
        completion: .file())
    var workload: String?
    @Option(
        help: """
            When second 0 of the log is, or when the campaign may start, ISO 8601; by default what \
            the log says, and the present.
            """)
    var start: InstantOption?
    @Option(help: "Jobs may end so much later than they did in the log, or than --until says.")
    var slack: DurationOption?
    @Option(help: "Jobs may end by the next of these times, UTC: mon,thu@09:00.")
    var until: WeeklyOption?
    @Flag(help: "Jobs end in as many slots as the least power of two that holds their run time.")
    var buckets = false
    @Option(help: "By when a campaign has run, counted from its start.")
    var deadline = DurationOption(hours: 48)
    @Option(
        name: .customLong("inputs"),
        help: "A folder in which a campaign's input files are looked for as well.",
        completion: .directory)
    var inputs: [String] = []
    @Option(help: "What to save, as for `ergon plan`.")
    var objective = ObjectiveOption.energy
    @Option(
        help: """
            logged, even (at once, on all nodes alike), greedy (at once, where it costs least), \
            threshold (when power is among the lowest 30 % of a day), planned, whole (planned, \
            all known beforehand, work cut into seconds); may be given more than once.
            """)
    var policy: [Way] = [.even, .greedy, .threshold, .planned, .whole]
    @Flag(help: "Planned jobs may stop at the end of a slot and go on later.")
    var interruptible = false
    @Flag(help: "Jobs are dealt out to the sites in turn and stay there.")
    var fixedShares = false
    @Option(help: "Normal error of the forecast, in per cent of a signal's mean.")
    var forecastError = 0.0
    @Option(
        help: "A grid file of the same sites whose signals are what is known beforehand.",
        completion: .file())
    var forecast: String?

    var isAsked: Bool { grid != nil || workload != nil }

    /// - Parameter campaign: the manifest, if there is one.
    func check(campaign: String?, isWithFaults: Bool) throws {
        if isWithFaults { throw ValidationError("--faults and --trace do not go with --grid") }
        if grid == nil || (workload == nil) == (campaign == nil) {
            throw ValidationError("--grid goes with a manifest or --workload")
        }
        if campaign != nil {
            try checkCampaign()
        }
        if buckets, slack != nil || until != nil {
            throw ValidationError("--buckets goes with neither --slack nor --until")
        }
        if !(0...1000).contains(forecastError) {
            throw ValidationError("--forecast-error is from 0 to 1000")
        }
    }

    private func checkCampaign() throws {
        if slack != nil || until != nil || buckets || fixedShares || policy.contains(.logged) {
            throw ValidationError(
                "a campaign has a deadline, and no log: leave out what is for one")
        }
    }

    /// A day later than in the log, if nothing is said.
    func rule(slot: Microseconds) -> DeadlineRule {
        if let until {
            return .weekly(days: until.days, at: until.time, slack: slack?.time ?? .zero)
        }
        if buckets { return .bucket(slot: slot) }
        return .slack(slack?.time ?? .seconds(86_400))
    }
}

/// `mon,thu@09:00`
struct WeeklyOption: ExpressibleByArgument {
    var days: Set<Int> = []
    var time: Microseconds

    init?(argument: String) {
        let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        let parts = argument.split(separator: "@")
        guard parts.count == 2, let instant = Instant(iso8601: "1970-01-01T\(parts[1])") else {
            return nil
        }
        time = instant.timeOfDay
        for part in parts[0].split(separator: ",") {
            guard let day = names.firstIndex(of: part.lowercased()) else { return nil }
            days.insert(day)
        }
        guard !days.isEmpty else { return nil }
    }
}
