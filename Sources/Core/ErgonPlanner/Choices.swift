import ErgonModel

extension Model {
    /// Where and when tasks of a class can run, and what they take of each series.
    mutating func addChoices(of index: Int) {
        let tasks = problem.taskClasses[index]
        let pieces = pieces(of: tasks)
        let before = choices.count
        self.pieces.append(pieces)
        counts.append(Double(tasks.count) * Double(pieces))
        let clock = addClock(of: index, pieces: pieces)
        let rate = pieces > 1 ? addRate(of: tasks) : nil
        for estimate in tasks.estimates where fits(tasks, on: estimate.nodeClass) {
            guard let starts = starts(of: tasks, estimate) else { continue }
            var choice = choice(index, estimate, starts: starts, pieces: pieces)
            if let clock { choice.atStart.append(Term(series: clock, amount: 1)) }
            if let rate { choice.atStart.append(Term(series: rate, amount: choice.length)) }
            choices.append(choice)
        }
        choicesOfClass.append(before..<choices.count)
    }

    /// Slots that a task takes where it runs slowest, if it may be interrupted, so that no piece
    /// takes more than one; otherwise 1.
    private func pieces(of tasks: TaskClass) -> Int {
        guard tasks.run == .interruptible else { return 1 }
        let lengths = tasks.estimates.map { length(of: $0) }
        return max(1, Int(((lengths.max() ?? 1) - 1e-9).rounded(.up)))
    }

    private func length(of estimate: Estimate) -> Double {
        Double(estimate.runTime.count) / Double(problem.slot.count)
    }

    private func fits(_ tasks: TaskClass, on index: Int) -> Bool {
        let node = problem.nodeClasses[index]
        return Resource.allCases.allSatisfy { $0.amount(tasks) <= $0.amount(node) }
    }

    /// Slots in which a task may start: not before it is ready, and in time for its deadline even
    /// if it takes as long as is feared. `nil`: none.
    private func starts(of tasks: TaskClass, _ estimate: Estimate) -> ClosedRange<Int>? {
        let first = problem.firstSlot(notBefore: tasks.ready)
        let end = min(tasks.deadline ?? problem.end, problem.end)
        let gone = Double(problem.elapsed.count) / Double(problem.slot.count)
        let fear = Microseconds(max(estimate.cautiousRunTime.count, estimate.runTime.count))
        var last = problem.slotsEnded(by: end) - 1
        if tasks.run == .interruptible {
            last -= Int((fear.count - estimate.runTime.count) / problem.slot.count)
        } else {
            let latest = end + Microseconds(-fear.count)
            guard !(latest < problem.present) else { return nil }
            last = min(
                last - Int(length(of: estimate).rounded(.up)) + 1, problem.slotsEnded(by: latest))
            // What starts in the first slot starts later than with it.
            let isTooLong = length(of: estimate) + gone > Double(problem.slotsEnded(by: end)) + 1e-9
            if last == 0, length(of: estimate) > 1 - gone, isTooLong { return nil }
        }
        return first <= last ? first...last : nil
    }

    private func choice(
        _ index: Int, _ estimate: Estimate, starts: ClosedRange<Int>, pieces: Int
    ) -> Choice {
        let tasks = problem.taskClasses[index]
        let node = estimate.nodeClass
        let length = length(of: estimate) / Double(pieces)
        let hours = estimate.runTime.seconds / 3600 / Double(pieces)
        var choice = Choice(
            taskClass: index, nodeClass: node, starts: starts, length: length,
            isSpanning: tasks.run == .whole && length > (starts.contains(0) ? restOfFirst : 1),
            constant: 0, constantEnergy: 0, constantMoney: 0,
            spread: [Term(series: node, amount: estimate.dynamicPower.kilowatts * hours)],
            atStart: [])
        for row in rows.capacitiesOfNode[node].map({ rows.capacities[$0] }) {
            let amount = resourceOfSeries[row.series]?.amount(tasks) ?? 0
            if amount > 0 { choice.spread.append(Term(series: row.series, amount: amount * hours)) }
        }
        addTransfer(of: tasks, pieces: pieces, to: &choice)
        return choice
    }

    /// What it costs to bring a task's input to where it runs.
    private func addTransfer(of tasks: TaskClass, pieces: Int, to choice: inout Choice) {
        let site = problem.nodeClasses[choice.nodeClass].site
        guard tasks.input.bytes > 0, tasks.inputSite != site,
            let link = problem.links.firstIndex(where: {
                $0.from == tasks.inputSite && $0.to == site
            })
        else { return }
        let bytes = Double(tasks.input.bytes) / Double(pieces)
        choice.constantEnergy = bytes / 1e9 * problem.links[link].energyPerGigabyte.kilowattHours
        choice.constantMoney =
            bytes / 1e9 * Double(problem.links[link].pricePerGigabyte.millionths) / 1e6
        choice.constant =
            energyWeight * choice.constantEnergy + moneyWeight * choice.constantMoney
        if let series = seriesOfLink[link] {
            choice.atStart.append(Term(series: series, amount: bytes))
        }
    }

    /// What a class pays for its own time, if it pays or may not wait for ever.
    private mutating func addClock(of index: Int, pieces: Int) -> Int? {
        let tasks = problem.taskClasses[index]
        let weight = problem.objective.perTaskHour
        guard weight != 0 || tasks.longestWait != nil else { return nil }
        let series = addSeries(
            (0..<slots).map { slot in
                let wait = (problem.begin(of: slot + 1) - tasks.ready).seconds / 3600
                return weight * max(0, wait) / Double(pieces)
            })
        if let wait = tasks.longestWait {
            let latest = max(tasks.ready + wait, problem.start)
            let first = problem.slotsEnded(by: latest) + 1
            clocks.append(Clock(taskClass: index, series: series, firstTooLate: first))
        }
        return series
    }

    /// A task that may be interrupted still runs on one node at a time.
    private mutating func addRate(of tasks: TaskClass) -> Int {
        let series = addSeries(Array(repeating: 0, count: slots))
        rows.limits.append(
            Rows.Limit(
                series: series, amount: (0..<slots).map { Double(tasks.count) * restOfSlot($0) },
                offset: rows.take(slots)))
        return series
    }

    /// Waiting longer than a class may costs more than anything it could save, and more the
    /// longer: then only what does not fit earlier comes later.
    mutating func chargeWaits() {
        for clock in clocks where clock.firstTooLate < slots {
            let step = max(abs(dearest[clock.taskClass]), abs(cheapest[clock.taskClass]), 1e-12)
            for slot in clock.firstTooLate..<slots {
                base[clock.series * slots + slot] +=
                    step * (10 + Double(slot - clock.firstTooLate))
            }
        }
    }
}
