import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner
import Glibc

extension ReplayArguments {
    /// - Parameter seeds: which errors of the forecast; what comes out is the mean over them.
    func run(seeds: ClosedRange<UInt64>, _ format: FormatOption) async throws {
        guard let grid, let workload else { return }
        let loaded = try await GridReader(grid: grid, signals: signals).load()
        for note in loaded.notes { printNote(note) }
        let log = try readWorkload(workload, origin: start?.instant)
        guard let first = log.map(\.submitted).min() else {
            throw CommandFault(
                place: workload, problem: "no job in it ever ran", remedy: "name another log")
        }
        let slot = loaded.grid.slot ?? .seconds(3600)
        let rule = rule(slot: slot)
        let begin = Instant(microseconds: first.microseconds / slot.count * slot.count)
        let slots = slots(log, rule, from: begin, slot)
        let sites = PlannedGrid(loaded, start: begin, slot: slot, slots: slots)
        let (objective, note) = objective.objective(sites)
        if let note { printNote(note) }
        let problem = PlanningProblem(
            start: begin, slot: slot, slots: slots, sites: sites.sites,
            nodeClasses: sites.nodeClasses, taskClasses: [], objective: objective)
        let known = try await forecasts(begin, slot, slots) ?? sites
        var replay = Replay(
            grid: ReplayGrid(
                actual: problem, forecast: known.sites, speeds: sites.speeds, perCore: sites.perCore
            ),
            jobs: log, rule: rule, run: interruptible ? .interruptible : .whole,
            sharesAreFixed: fixedShares)
        let rows = policy.map { way in
            let all = seeds.map { seed in
                replay.grid.forecast = disturbed(known, percent: forecastError, seed: seed)
                return row(way, replay)
            }
            return ReplayRow(meanOf: all)
        }
        let report = ReplayReport(
            what: "\(log.count) jobs", count: log.count, rows: rows, problem: problem,
            objective: self.objective.text, origins: sites.origins)
        format.print(report.text(), json: report.json())
    }

    /// Whole days, to the one in which the last job has to have ended; not more than can be held.
    private func slots(
        _ log: [Job], _ rule: DeadlineRule, from begin: Instant, _ slot: Microseconds
    ) -> Int {
        let last = log.map { rule.deadline(of: $0) }.max() ?? begin
        let day = Int(Instant.microsecondsPerDay)
        let span = ceilingDivision(Int((last - begin).count), day) * day
        return max(1, min(100_000, span / Int(slot.count)))
    }

    private func row(_ way: Way, _ replay: Replay) -> ReplayRow {
        timed(way) {
            policy(of: way).map { replay.account(of: $0) } ?? replay.wholePlan()
        }
    }

    func timed(_ way: Way, _ account: () -> ReplayAccount) -> ReplayRow {
        let clock = ContinuousClock.now
        let found = account()
        return ReplayRow(
            way.rawValue, found, seconds: (ContinuousClock.now - clock) / .seconds(1))
    }

    /// `nil` for the plan of somebody who knows everything.
    func policy(of way: Way) -> Policy? {
        switch way {
        case .logged: .logged
        case .even: .even
        case .greedy: .greedy
        case .threshold: .threshold
        case .planned: .planned
        case .whole: nil
        }
    }

    /// The sites of the other grid file, if there is one.
    func forecasts(
        _ begin: Instant, _ slot: Microseconds, _ slots: Int
    ) async throws -> PlannedGrid? {
        guard let forecast else { return nil }
        let loaded = try await GridReader(grid: forecast, signals: signals).load()
        for note in loaded.notes { printNote(note) }
        return PlannedGrid(loaded, start: begin, slot: slot, slots: slots)
    }
}

/// - Parameter origin: when second 0 is; `nil` for what the log says.
func readWorkload(_ file: String, origin: Instant?) throws -> [Job] {
    let bytes = try file.hasSuffix(".gz") ? unpacked(file) : contents(of: file, "the log")
    let said = headerSeconds(bytes).map { Instant(microseconds: $0 * 1_000_000) }
    guard let origin = origin ?? said else {
        throw CommandFault(
            place: file, problem: "it does not say when it began (`; UnixStartTime: …`)",
            remedy: "say when second 0 is with --start")
    }
    do { return try parseWorkload(bytes, origin: origin) } catch {
        throw CommandFault(
            place: "\(file):\(error.line)", problem: error.problem,
            remedy: "is it in the Standard Workload Format?")
    }
}

/// `; UnixStartTime: 1132444805`
private func headerSeconds(_ bytes: [UInt8]) -> Int64? {
    let head = String(decoding: bytes.prefix(1 << 16), as: UTF8.self)
    for line in head.split(separator: "\n") where line.hasPrefix(";") {
        let words = line.dropFirst().split(separator: " ")
        if words.first == "UnixStartTime:", let second = words.dropFirst().first {
            return Int64(second)
        }
    }
    return nil
}

/// What `gzip` makes of a compressed file.
private func unpacked(_ file: String) throws(CommandFault) -> [UInt8] {
    let quoted = file.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''")
    guard let pipe = popen("exec gzip -dc -- '\(quoted)'", "r") else {
        throw fault(file)
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = fread(&buffer, 1, buffer.count, pipe)
        guard count > 0 else { break }
        bytes += buffer[..<count]
    }
    guard pclose(pipe) == 0 else { throw fault(file) }
    return bytes
}

private func fault(_ file: String) -> CommandFault {
    CommandFault(
        place: file, problem: "it cannot be unpacked",
        remedy: "check the path, and that `gzip` is installed")
}
