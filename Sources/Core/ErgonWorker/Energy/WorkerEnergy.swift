import ErgonModel

/// Whose energy it was.
extension Worker {
    /// One of those who used the node in an interval.
    private enum User {
        case attempt(Attempt)
        /// A result that is not reported, by its place among those of its lease.
        case result(LeaseID, Int)
        /// Results that were reported while the interval was open.
        case reported(Place)
        case others
    }

    /// Only what intervals have told can be reported, so the open one is closed first.
    mutating func askMeter(_ effects: inout [Effect]) {
        guard books?.isAsked == false else { return }
        books?.isAsked = true
        effects.append(.readMeter)
    }

    mutating func take(
        _ sample: MeterSample?, _ uptime: Microseconds, _ effects: inout [Effect]
    ) {
        guard let books else { return }
        if let sample { close(sample, books, uptime) }
        if books.isAsked {
            self.books?.isAsked = false
            makeReports(&effects)
        }
        if self.books?.isOverdue(uptime) == true { reportMeter(&effects) }
    }

    /// What the meter told, without any results.
    mutating func reportMeter(_ effects: inout [Effect]) {
        guard books?.hasPending == true, let intervals = books?.takePending() else { return }
        lastBatch += 1
        let id = ReportID(life: life, batch: lastBatch)
        deliver(WorkerReport(id: id, metered: intervals), &effects)
    }

    // MARK: Results

    /// What a result has, and what it used in the open interval.
    mutating func note(_ result: TaskResult, of attempt: Attempt, _ activity: Activity) {
        let (cpu, held) = (
            result.cpu * result.count, result.wall * result.count * activity.needs.cpus
        )
        let before = activity.metered
        let due = Due(
            use: Attribution.Use(cpu: cpu.minus(before.cpu), held: held.minus(before.held)),
            dynamic: before.dynamic)
        finished[attempt.lease]?.dues.append(due)
        active[attempt]?.metered = Metered(
            cpu: before.cpu.minus(cpu), held: before.held.minus(held), dynamic: .zero)
    }

    mutating func priced(_ unreported: Unreported) -> [TaskResult] {
        guard books != nil else { return unreported.results }
        let place = Place(campaign: unreported.campaign, stage: unreported.stage)
        return zip(unreported.results, unreported.dues).map { result, due in
            books?.priced(result, due, place) ?? result
        }
    }

    // MARK: Intervals

    private mutating func close(
        _ sample: MeterSample, _ books: EnergyBooks, _ uptime: Microseconds
    ) {
        let users = users(sample, books, uptime)
        var interval = ReportedInterval(
            id: ReportID(life: life, batch: 0), began: sample.began, length: sample.length,
            reading: sample.reading)
        var (late, tariff): ([Place: Joules], (Joules, Microseconds)?) = ([:], nil)
        switch sample.reading {
        case .dropped:
            for (user, _, use) in users { settle(user, use, .zero) }
        case .measured(let energy, let source):
            self.books?.source = source
            if users.allSatisfy({ $0.place == nil }) {
                self.books?.idle.learn(energy, over: sample.length)
            }
            interval.idlePower = self.books?.idle.value
            let attribution = Attribution(
                of: energy, over: sample.length,
                idlePower: interval.idlePower ?? Watts(milliwatts: 0), cores: books.cores,
                uses: users.map(\.use))
            tariff = (
                attribution.shares.reduce(.zero) { $0 + $1.dynamic },
                users.reduce(.zero) { $0 + $1.use.cpu }
            )
            late = hand(out: attribution, to: users, &interval)
        }
        self.books?.close(interval, life: life, tariff: tariff, late: late, uptime: uptime)
    }

    private typealias Used = (user: User, place: Place?, use: Attribution.Use)

    private func users(
        _ sample: MeterSample, _ books: EnergyBooks, _ uptime: Microseconds
    ) -> [Used] {
        var users: [Used] = []
        for (attempt, activity) in active.sorted(by: { $0.key < $1.key }) {
            guard let use = activity.use(sample.cpu[attempt], uptime) else { continue }
            users.append((.attempt(attempt), activity.place, use))
        }
        for (lease, unreported) in finished.sorted(by: { $0.key < $1.key }) {
            let place = Place(campaign: unreported.campaign, stage: unreported.stage)
            for (number, due) in unreported.dues.enumerated() {
                users.append((.result(lease, number), place, due.use))
            }
        }
        for (place, use) in books.late.sorted(by: { $0.key < $1.key }) {
            users.append((.reported(place), place, use))
        }
        let explained = users.reduce(Microseconds.zero) { $0 + $1.use.cpu }
        let others = Attribution.Use(cpu: sample.busy.minus(explained), held: .zero)
        return users + [(.others, nil, others)]
    }

    /// - Returns: what came too late for results that were reported before.
    private mutating func hand(
        out attribution: Attribution, to users: [Used], _ interval: inout ReportedInterval
    ) -> [Place: Joules] {
        var (late, shares): ([Place: Joules], [Place: Attribution.Share]) = ([:], [:])
        interval.unallocated = attribution.unallocated
        interval.remainder = attribution.remainder
        for ((user, place, use), share) in zip(users, attribution.shares) {
            settle(user, use, share.dynamic)
            guard let place else {
                interval.unallocated += share.dynamic + share.idle
                continue
            }
            let nothing = Attribution.Share(dynamic: .zero, idle: .zero)
            shares[place, default: nothing].dynamic += share.dynamic
            shares[place, default: nothing].idle += share.idle
            late[place, default: .zero] += .zero
            if case .reported = user { late[place, default: .zero] += share.dynamic }
        }
        for (number, (place, share)) in shares.sorted(by: { $0.key < $1.key }).enumerated() {
            guard number < ReportedInterval.mostShares else {
                interval.unallocated += share.dynamic + share.idle
                continue
            }
            interval.shares.append(
                ReportedInterval.Share(
                    campaign: place.campaign, stage: place.stage, dynamic: share.dynamic,
                    idle: share.idle))
        }
        return late
    }

    /// What was used is accounted for.
    private mutating func settle(_ user: User, _ use: Attribution.Use, _ dynamic: Joules) {
        switch user {
        case .attempt(let attempt):
            active[attempt]?.metered.cpu += use.cpu
            active[attempt]?.metered.held += use.held
            active[attempt]?.metered.dynamic += dynamic
        case .result(let lease, let number):
            finished[lease]?.dues[number].dynamic += dynamic
            finished[lease]?.dues[number].use = Attribution.Use(cpu: .zero, held: .zero)
        case .reported, .others: break
        }
    }
}

extension Worker.Activity {
    fileprivate var place: Worker.Place { Worker.Place(campaign: campaign, stage: stage) }

    /// What it used of the open interval; `nil` if nothing of it runs.
    /// - Parameter taken: of the processors, if it runs.
    fileprivate func use(_ taken: Microseconds?, _ uptime: Microseconds) -> Attribution.Use? {
        let (cpu, wall): (Microseconds, Microseconds)
        switch phase {
        case .preparing, .prepared, .starting: return nil
        case .running:
            (cpu, wall) = (self.cpu + (taken ?? .zero), self.wall + uptime.minus(since))
        case .collecting: (cpu, wall) = (self.cpu, self.wall)
        }
        return Attribution.Use(
            cpu: cpu.minus(metered.cpu), held: (wall * needs.cpus).minus(metered.held))
    }
}

extension Microseconds {
    /// Not less than nothing.
    fileprivate func minus(_ other: Microseconds) -> Microseconds {
        Microseconds(max(count - min(other.count, count), 0))
    }
}
