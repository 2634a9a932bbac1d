package import ErgonModel

extension Worker {
    /// What the node's meter told of a stretch of time, and who used the node in it.
    package struct MeterSample: Hashable, Sendable {
        package var began: Instant
        package var length: Microseconds
        package var reading: ReportedInterval.Reading
        /// What each attempt that runs has taken of the processors since it was started, or since
        /// its program last answered.
        package var cpu: [Attempt: Microseconds]
        /// What the whole node has taken of them in this stretch: what no task explains of it,
        /// other programs did. Zero if that is not known.
        package var busy: Microseconds

        package init(
            began: Instant, length: Microseconds, reading: ReportedInterval.Reading,
            cpu: [Attempt: Microseconds] = [:], busy: Microseconds = .zero
        ) {
            self.began = began
            self.length = length
            self.reading = reading
            self.cpu = cpu
            self.busy = busy
        }
    }

    /// Whose tasks.
    struct Place: Hashable, Comparable, Sendable {
        var campaign: CampaignID
        var stage: Stage

        static func < (left: Place, right: Place) -> Bool {
            (left.campaign, left.stage) < (right.campaign, right.stage)
        }
    }

    /// What of an attempt intervals have accounted for.
    struct Metered: Hashable, Sendable {
        var cpu = Microseconds.zero
        var held = Microseconds.zero
        var dynamic = Joules.zero
    }

    /// A result that is not reported: what it has of past intervals, and what it used in the one
    /// that is open.
    struct Due: Hashable, Sendable {
        var use = Attribution.Use(cpu: .zero, held: .zero)
        var dynamic = Joules.zero
    }

    /// What the node's meter told, and what of it is to be handed out and to be reported.
    ///
    /// A result has the energy of the intervals that are closed when it is reported. What the open
    /// one brings for it comes too late: that goes to results of the same stage that are as early,
    /// and what is left of it to none. So results never have more than meters told.
    struct EnergyBooks: Sendable {
        /// Of the node.
        let cores: Int
        var idle = IdlePower()
        /// What told last.
        var source: MeterSource?
        /// The dynamic energy of the last interval, and the CPU time that it was for.
        private var tariff: (energy: Joules, cpu: Microseconds)?
        /// Of results that were reported while the present interval was open.
        private(set) var late: [Place: Attribution.Use] = [:]
        /// What came too late for the results that it is of.
        private var pots: [Place: Joules] = [:]
        private var pending: [ReportedInterval] = []
        private var lastNumber = 0
        /// Since when something is pending, by the worker's uptime.
        private var pendingSince: Microseconds?
        /// The runtime was asked to read the meter, so that results can be reported.
        var isAsked = false

        /// What tasks have used is not kept back for longer than that, and what the node draws
        /// without tasks for longer than the other.
        private static let longestWait = Microseconds.seconds(30)
        private static let longestIdleness = Microseconds.seconds(600)

        init(cores: Int) { self.cores = cores }

        // MARK: Intervals

        /// Closes the open interval.
        mutating func close(
            _ interval: ReportedInterval, life: Int, tariff: (Joules, Microseconds)?,
            late shares: [Place: Joules], uptime: Microseconds
        ) {
            if let tariff { self.tariff = tariff }
            late = [:]
            pots = pots.filter { shares[$0.key] != nil }
            for (place, energy) in shares where energy > .zero {
                pots[place, default: .zero] += energy
            }
            add(interval, life: life)
            pendingSince = pendingSince ?? uptime
        }

        private mutating func add(_ interval: ReportedInterval, life: Int) {
            if let last = pending.last, let both = last.joined(with: interval) {
                pending[pending.count - 1] = both
            } else {
                lastNumber += 1
                var interval = interval
                interval.id = ReportID(life: life, batch: lastNumber)
                pending.append(interval)
            }
        }

        /// What is to be reported now.
        mutating func takePending() -> [ReportedInterval] {
            defer { (pending, pendingSince) = ([], nil) }
            return pending
        }

        func isOverdue(_ uptime: Microseconds) -> Bool {
            guard let since = pendingSince else { return false }
            let isIdle = pending.allSatisfy(\.shares.isEmpty)
            return since + (isIdle ? Self.longestIdleness : Self.longestWait) <= uptime
        }

        var hasPending: Bool { !pending.isEmpty }

        // MARK: Results

        /// The result with its energy: measured if a meter told of it, else as it is.
        mutating func priced(_ result: TaskResult, _ due: Due, _ place: Place) -> TaskResult {
            var dynamic = due.dynamic
            if due.use.cpu > .zero || due.use.held > .zero {
                let nothing = Attribution.Use(cpu: .zero, held: .zero)
                late[place, default: nothing].cpu += due.use.cpu
                late[place, default: nothing].held += due.use.held
                dynamic += paid(due.use.cpu, place)
            }
            guard let source, dynamic > .zero else { return result }
            var result = result
            result.energy = Joules(microjoules: dynamic.microjoules / Int64(result.count))
            result.meter = source
            return result
        }

        private mutating func paid(_ cpu: Microseconds, _ place: Place) -> Joules {
            guard let tariff, tariff.cpu > .zero, let pot = pots[place] else { return .zero }
            let price = Int128(tariff.energy.microjoules) * Int128(cpu.count)
            let paid = min(
                Joules(microjoules: Int64(clamping: price / Int128(tariff.cpu.count))), pot)
            pots[place] = Joules(microjoules: pot.microjoules - paid.microjoules)
            return paid
        }
    }
}

extension ReportedInterval {
    /// Both as one, if the same is true of both.
    fileprivate func joined(with next: ReportedInterval) -> ReportedInterval? {
        var both = self
        both.length += next.length
        both.idlePower = next.idlePower
        switch (reading, next.reading) {
        case (.dropped(let gap), .dropped(let other)): return gap == other ? both : nil
        case (.measured(let energy, let source), .measured(let more, let other)):
            guard source == other else { return nil }
            both.reading = .measured(energy + more, by: source)
        case (.dropped, .measured), (.measured, .dropped): return nil
        }
        both.unallocated += next.unallocated
        both.remainder += next.remainder
        for share in next.shares { both.add(share) }
        return both.shares.count <= Self.mostShares ? both : nil
    }

    private mutating func add(_ share: Share) {
        let place = shares.firstIndex { $0.campaign == share.campaign && $0.stage == share.stage }
        guard let place else { return shares.append(share) }
        shares[place].dynamic += share.dynamic
        shares[place].idle += share.idle
    }
}
