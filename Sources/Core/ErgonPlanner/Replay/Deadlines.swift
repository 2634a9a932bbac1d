package import ErgonModel

/// By when a job of a log has to have ended.
package enum DeadlineRule: Hashable, Sendable {
    /// So long after it ended in the log.
    case slack(Microseconds)
    /// So long after the next of these times after it ended in the log: days from 0 for Monday, and
    /// the time of day, UTC.
    case weekly(days: Set<Int>, at: Microseconds, slack: Microseconds = .zero)
    /// When as many slots have passed since it was submitted as the least power of two that its
    /// run time fits into: of a job no more is known than its bucket.
    case bucket(slot: Microseconds)

    package func deadline(of job: Job) -> Instant {
        let ended = job.submitted + job.waited + job.runTime
        switch self {
        case .slack(let time): return ended + time
        case .weekly(let days, let at, let slack): return next(after: ended, days, at) + slack
        case .bucket(let slot):
            var span = slot
            while span < job.runTime { span += span }
            return job.submitted + span
        }
    }

    private func next(after ended: Instant, _ days: Set<Int>, _ at: Microseconds) -> Instant {
        var midnight = ended + Microseconds(-ended.timeOfDay.count)
        for _ in 0..<8 {
            let time = midnight + at
            if days.contains(time.weekday), !(time < ended) { return time }
            midnight = midnight + Microseconds(Instant.microsecondsPerDay)
        }
        return ended
    }
}
