import ErgonModel
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import Glibc

/// Shows how a campaign goes: one line that changes on a terminal, a line now and then elsewhere.
struct Progress {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var last: (line: String, at: Instant)?
    private var first: (done: Int64, at: Instant)?
    /// Without a terminal, at most so often.
    private static let period = Microseconds.seconds(5)

    mutating func show(_ campaign: Ergon_V1_CampaignStatus, _ status: Ergon_V1_StatusReply) {
        let now = systemClock()
        let line = line(campaign, status, now)
        if isTerminal {
            let width = max(terminalWidth() - 1, 20)
            write("\r\u{1B}[K" + String(line.prefix(width)), to: STDERR_FILENO)
        } else if last == nil || campaign.state != "running"
            || now - (last?.at ?? now) >= Self.period
        {
            if last?.line != line { printNote(line) }
            last = (line, now)
        }
    }

    func end() { if isTerminal { printNote("") } }

    private mutating func line(
        _ campaign: Ergon_V1_CampaignStatus, _ status: Ergon_V1_StatusReply, _ now: Instant
    ) -> String {
        let done = campaign.stages.reduce(0) { $0 + $1.done }
        let lost = campaign.stages.reduce(0) { $0 + $1.failed + $1.unreachable }
        let known = campaign.stages.reduce(0) { $0 + $1.tasks }
        let start = first ?? (done, now)
        first = start
        let elapsed = (now - start.at).seconds
        let rate = elapsed > 0 ? Double(done - start.done) / elapsed : 0
        var parts = ["\(campaign.name) \(campaign.state)", "\(done)/\(known) tasks"]
        if !campaign.heldReason.isEmpty { parts.append(campaign.heldReason) }
        if !campaign.notice.isEmpty { parts.append(campaign.notice) }
        if lost > 0 { parts.append("\(lost) lost") }
        parts.append(current(campaign))
        if rate > 0 { parts.append("\(rounded(rate)) tasks/s") }
        if let left = timeLeft(campaign, cpus: Int(status.cpus)), campaign.state == "running" {
            parts.append("about \(text(seconds: max(1, left.rounded()))) left")
        }
        parts.append(energyText(measured: campaign.measured, modelled: campaign.modelled))
        parts.append(counted(status.workers, "worker"))
        if !status.trouble.isEmpty { parts.append(status.trouble) }
        return parts.filter { !$0.isEmpty }.joined(separator: " · ")
    }

    /// The stages under way.
    private func current(_ campaign: Ergon_V1_CampaignStatus) -> String {
        campaign.stages.filter { $0.leased > 0 }
            .map { "\($0.name) \($0.done)/\($0.tasks)" }.joined(separator: " ")
    }

    /// What is left at the pace of what was done, on all hardware threads.
    private func timeLeft(_ campaign: Ergon_V1_CampaignStatus, cpus: Int) -> Double? {
        let measured = campaign.stages.filter { $0.meanWallSeconds > 0 }
        guard cpus > 0, !measured.isEmpty else { return nil }
        let mean = measured.reduce(0) { $0 + $1.meanWallSeconds } / Double(measured.count)
        let seconds = campaign.stages.reduce(0.0) { sum, stage in
            let open = stage.tasks - stage.done - stage.failed - stage.unreachable
            return sum + Double(open) * (stage.meanWallSeconds > 0 ? stage.meanWallSeconds : mean)
        }
        return seconds / Double(cpus)
    }
}

private func terminalWidth() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
}
