import ErgonModel
import ErgonWireMessages

// What a node's meter told, on the wire.

extension Ergon_V1_EnergyInterval {
    init(_ interval: ReportedInterval) {
        self.init()
        number = Int64(interval.id.batch)
        beganMicroseconds = interval.began.microseconds
        lengthMicroseconds = interval.length.count
        switch interval.reading {
        case .measured(let energy, let source):
            energyMicrojoules = energy.microjoules
            meter = source.rawValue
        case .dropped(let gap): dropped = gap.rawValue
        }
        if let power = interval.idlePower { idleMilliwatts = power.milliwatts }
        shares = interval.shares.map(Ergon_V1_EnergyShare.init)
        unallocatedMicrojoules = interval.unallocated.microjoules
        remainderMicrojoules = interval.remainder.microjoules
    }

    /// - Parameter life: of the process that reports it.
    func model(life: Int) throws(WireFault) -> ReportedInterval {
        guard (0..<1 << 53).contains(number) else {
            throw WireFault(problem: "the interval \(number)")
        }
        let reading: ReportedInterval.Reading
        switch self.reading {
        case .energyMicrojoules(let energy):
            reading = .measured(Joules(microjoules: energy), by: try meterSource(meter))
        case .dropped(let text):
            guard let gap = EnergyGap(rawValue: text) else {
                throw WireFault(problem: "energy that is unknown for no known reason")
            }
            reading = .dropped(gap)
        case nil: throw WireFault(problem: "an interval of which nothing is said")
        }
        let interval = ReportedInterval(
            id: ReportID(life: life, batch: Int(number)),
            began: Instant(microseconds: beganMicroseconds),
            length: Microseconds(lengthMicroseconds), reading: reading,
            idlePower: hasIdleMilliwatts ? Watts(milliwatts: idleMilliwatts) : nil,
            shares: shares.map(\.model),
            unallocated: Joules(microjoules: unallocatedMicrojoules),
            remainder: Joules(microjoules: remainderMicrojoules))
        if let problem = interval.problem { throw WireFault(problem: problem) }
        return interval
    }
}

extension Ergon_V1_EnergyShare {
    init(_ share: ReportedInterval.Share) {
        self.init()
        campaign = Int64(share.campaign.number)
        stage = Ergon_V1_StageName(share.stage)
        dynamicMicrojoules = share.dynamic.microjoules
        idleMicrojoules = share.idle.microjoules
    }

    var model: ReportedInterval.Share {
        ReportedInterval.Share(
            campaign: CampaignID(Int(campaign)), stage: stage.model,
            dynamic: Joules(microjoules: dynamicMicrojoules),
            idle: Joules(microjoules: idleMicrojoules))
    }
}

func meterSource(_ text: String) throws(WireFault) -> MeterSource {
    guard let source = MeterSource(rawValue: text) else {
        throw WireFault(problem: "a meter of no known kind")
    }
    return source
}
