import ErgonModel

/// How the worker goes.
extension Worker {
    /// What was not begun is for others at once; what runs may end.
    mutating func leave(until end: Microseconds, _ effects: inout [Effect]) {
        guard course == .working else { return }
        course = .leaving(until: end)
        if isConnected { effects.append(.announceLeaving) }
        let unbegun = active.filter { $0.value.isUnbegun && !$0.value.isUnwanted }.keys
        for id in leases.keys.sorted() {
            var tasks = leases[id]?.waiting ?? IntervalSet()
            for attempt in unbegun where attempt.lease == id {
                if let block = active[attempt]?.block { tasks.insert(block) }
            }
            if !tasks.isEmpty { giveBack(tasks, of: id, &effects) }
        }
    }

    /// A worker whose coordinator does not come back shall not hold a machine for ever.
    mutating func watchAbsence(_ uptime: Microseconds, _ effects: inout [Effect]) {
        guard !isConnected else { return }
        let since = absentSince ?? uptime
        absentSince = since
        guard since + Self.longestAbsence < uptime else { return }
        switch course {
        case .working, .leaving: stop(.forsaken, uptime, &effects)
        case .stopping, .over: break
        }
    }

    mutating func stopIfTimeToLeave(_ uptime: Microseconds, _ effects: inout [Effect]) {
        guard case .leaving(let end) = course, end <= uptime else { return }
        stop(.left, uptime, &effects)
    }

    private mutating func stop(
        _ ending: Ending, _ uptime: Microseconds, _ effects: inout [Effect]
    ) {
        course = .stopping(ending, since: uptime)
        for id in leases.keys.sorted() {
            guard let tasks = leases[id]?.remaining, !tasks.isEmpty else { continue }
            giveBack(tasks, of: id, &effects)
        }
    }

    /// It waits for answers as long as it has time; what is not answered then is kept.
    mutating func endIfOver(_ uptime: Microseconds, _ effects: inout [Effect]) {
        switch course {
        case .working, .over: break
        case .leaving:
            if isIdle, unanswered.isEmpty { end(.left, &effects) }
        case .stopping(let ending, let since):
            let isTooLate = since + Self.farewell < uptime
            let hasNobodyToTell = unanswered.isEmpty || !isConnected
            if isTooLate || isIdle && hasNobodyToTell { end(ending, &effects) }
        }
    }

    /// What is only being staged ends nowhere.
    private var isIdle: Bool {
        finished.isEmpty && active.values.allSatisfy { $0.phase == .preparing }
    }

    private mutating func end(_ ending: Ending, _ effects: inout [Effect]) {
        course = .over
        effects.append(.end(ending))
    }
}
