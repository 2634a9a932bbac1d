import ErgonModel

/// The members of what a meter told (`docs/LOG.md`, "energy").
func members(of energy: MeteredEnergy) -> [String: JSON] {
    let interval = energy.interval
    var members: [String: JSON] = [
        "worker": .string(energy.worker.name),
        "interval": .array([exact(interval.id.life), exact(interval.id.batch)]),
        "began": exact(interval.began.microseconds), "length": exact(interval.length.count),
    ]
    switch interval.reading {
    case .measured(let joules, let source):
        members["energy"] = exact(joules.microjoules)
        members["meter"] = .string(source.rawValue)
        members["unallocated"] = exact(interval.unallocated.microjoules)
        members["remainder"] = exact(interval.remainder.microjoules)
        members["shares"] = .array(interval.shares.map(json))
    case .dropped(let gap): members["dropped"] = .string(gap.rawValue)
    }
    if let power = interval.idlePower { members["idlePower"] = exact(power.milliwatts) }
    return members
}

private func json(_ share: EnergyInterval<String>.Share) -> JSON {
    .object([
        "campaign": exact(share.campaign.number), "stage": .string(share.stage),
        "dynamic": exact(share.dynamic.microjoules), "idle": exact(share.idle.microjoules),
    ])
}

extension Fields {
    /// The inverse of `members(of:)` for what a meter told.
    mutating func energy() throws(RecordFault) -> MeteredEnergy {
        let (life, number) = try pair(try value("interval"), "interval")
        var interval = EnergyInterval<String>(
            id: ReportID(life: life, batch: number),
            began: Instant(microseconds: try int64("began")),
            length: Microseconds(try int64("length")), reading: .dropped(.absent))
        if let gap = optional("dropped") {
            guard let reason = gap.string.flatMap(EnergyGap.init) else {
                throw .malformed("dropped")
            }
            interval.reading = .dropped(reason)
        } else {
            interval.reading = .measured(try joules("energy"), by: try word("meter"))
            interval.unallocated = try joules("unallocated")
            interval.remainder = try joules("remainder")
            for item in try array("shares") { interval.shares.append(try share(item)) }
        }
        if let power = optional("idlePower") {
            guard let milliwatts = exactInteger(power) else { throw .malformed("idlePower") }
            interval.idlePower = Watts(milliwatts: milliwatts)
        }
        return MeteredEnergy(worker: WorkerID(try string("worker")), interval: interval)
    }

    fileprivate mutating func joules(_ key: String) throws(RecordFault) -> Joules {
        Joules(microjoules: try int64(key))
    }
}

private func share(_ value: JSON) throws(RecordFault) -> EnergyInterval<String>.Share {
    var fields = try Fields(value, "shares")
    let share = EnergyInterval<String>.Share(
        campaign: try fields.campaign(), stage: try fields.string("stage"),
        dynamic: try fields.joules("dynamic"), idle: try fields.joules("idle"))
    try fields.finish()
    return share
}
