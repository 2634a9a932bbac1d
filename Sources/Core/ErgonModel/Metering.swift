/// What measures a node's energy: the rungs of the ladder above the models.
package enum MeterSource: String, Hashable, Sendable, CaseIterable {
    /// The whole node at its supply: `pm_counters`, a file or a command of the site.
    case wall
    /// Packages and memory, by the processors' own meter, through powercap.
    case rapl
    /// The same meter through perf events: packages, and memory where there is an event for it.
    case perf
    /// What a host says of its virtual machine.
    case host
    /// The processors' meter and, beside it, that of each GPU.
    case raplWithGPUs = "rapl+nvml"
    case perfWithGPUs = "perf+nvml"

    /// How wrong it may be as what it covers: the processors' meter knows nothing of the board, the
    /// disks and what the supply loses.
    package var uncertaintyPercent: Int {
        switch self {
        case .wall: 3
        case .rapl, .perf, .host, .raplWithGPUs, .perfWithGPUs: 10
        }
    }
}

/// Why a stretch of time has no energy. Such a one is left out, never guessed and never zero.
package enum EnergyGap: String, Error, Hashable, Sendable, CaseIterable {
    /// The first reading, or the first after the counter was away.
    case begins
    /// Nobody read it for so long that it may have started anew unnoticed.
    case tooLong = "too-long"
    /// It does not say where it starts anew.
    case noRange = "no-range"
    /// More than the machine can draw: the counter was set back, or is broken.
    case tooMuch = "too-much"
    /// Nothing at all was drawn, which no machine that is on does.
    case frozen
    /// No meter told anything.
    case absent
}

/// A stretch of time on one worker: what its node's meter told, and what that went to, to the last
/// microjoule. Stages are named by `StageName`.
package struct EnergyInterval<StageName: Hashable & Sendable>: Hashable, Sendable {
    package enum Reading: Hashable, Sendable {
        case measured(Joules, by: MeterSource)
        /// Nobody knows, and nothing went to anybody.
        case dropped(EnergyGap)
    }

    /// What went to the tasks of one stage.
    package struct Share: Hashable, Sendable {
        package var campaign: CampaignID
        package var stage: StageName
        /// Beyond the node's idle power, by the CPU time they took.
        package var dynamic: Joules
        /// By the cores they held.
        package var idle: Joules

        package init(campaign: CampaignID, stage: StageName, dynamic: Joules, idle: Joules) {
            self.campaign = campaign
            self.stage = stage
            self.dynamic = dynamic
            self.idle = idle
        }
    }

    /// The process that it is of, and its number among the intervals of that process, from 1.
    package var id: ReportID
    package var began: Instant
    package var length: Microseconds
    package var reading: Reading
    /// What the node is taken to draw when it does nothing; `nil` as long as nobody has learned it,
    /// and then all energy is dynamic.
    package var idlePower: Watts?
    /// One for each stage.
    package var shares: [Share]
    /// Idle power of cores that no task held, and what other programs of the node took: the site's.
    package var unallocated: Joules
    /// Left where shares were rounded down.
    package var remainder: Joules

    package init(
        id: ReportID, began: Instant, length: Microseconds, reading: Reading,
        idlePower: Watts? = nil, shares: [Share] = [], unallocated: Joules = .zero,
        remainder: Joules = .zero
    ) {
        self.id = id
        self.began = began
        self.length = length
        self.reading = reading
        self.idlePower = idlePower
        self.shares = shares
        self.unallocated = unallocated
        self.remainder = remainder
    }

    /// The most stages that share one interval: more would not fit into a record.
    package static var mostShares: Int { 200 }

    /// Zero if nobody knows.
    package var energy: Joules {
        switch reading {
        case .measured(let energy, _): energy
        case .dropped: .zero
        }
    }

    /// What cannot be true of an interval, whoever says it.
    package var problem: String? {
        let parts = shares.flatMap { [$0.dynamic, $0.idle] } + [unallocated, remainder]
        let sum = parts.reduce(Int128(0)) { $0 + Int128($1.microjoules) }
        if length.count < 0 || (idlePower?.milliwatts ?? 0) < 0 { return "a negative length" }
        if parts.contains(where: { $0 < .zero }) { return "a negative share" }
        if shares.count > Self.mostShares { return "\(shares.count) shares" }
        if sum != Int128(energy.microjoules) {
            return "the meter read \(energy.microjoules) µJ, but \(sum) µJ are accounted for"
        }
        return nil
    }

    /// The same with other names for its stages; what goes to a stage without a name is the site's.
    package func naming<Name>(
        _ name: (CampaignID, StageName) -> Name?
    ) -> EnergyInterval<Name> {
        var named = EnergyInterval<Name>(
            id: id, began: began, length: length,
            reading: {
                switch reading {
                case .measured(let energy, let source): .measured(energy, by: source)
                case .dropped(let gap): .dropped(gap)
                }
            }(), idlePower: idlePower, unallocated: unallocated, remainder: remainder)
        for share in shares {
            if let stage = name(share.campaign, share.stage) {
                named.shares.append(
                    EnergyInterval<Name>.Share(
                        campaign: share.campaign, stage: stage, dynamic: share.dynamic,
                        idle: share.idle))
            } else {
                named.unallocated += share.dynamic + share.idle
            }
        }
        return named
    }
}

/// An interval as its worker reports it.
package typealias ReportedInterval = EnergyInterval<Stage>

/// An interval as it stands on record: stages are named as `Stage.name(in:)` has it.
package struct MeteredEnergy: Hashable, Sendable {
    package var worker: WorkerID
    package var interval: EnergyInterval<String>

    package init(worker: WorkerID, interval: EnergyInterval<String>) {
        self.worker = worker
        self.interval = interval
    }
}

/// What a meter told over many intervals, and what that went to. The lines add up to `energy`.
package struct MeterAccount: Hashable, Sendable {
    package var energy = Joules.zero
    /// Of campaigns.
    package var dynamic = Joules.zero
    package var idle = Joules.zero
    /// Of the site.
    package var unallocated = Joules.zero
    package var remainder = Joules.zero
    /// How long the meter told, and how long nobody knows.
    package var metered = Microseconds.zero
    package var dropped = Microseconds.zero
    /// How many intervals nobody knows.
    package var gaps = 0

    package init() {}

    package mutating func add<Name>(_ interval: EnergyInterval<Name>) {
        switch interval.reading {
        case .measured: metered += interval.length
        case .dropped:
            dropped += interval.length
            gaps += 1
        }
        energy += interval.energy
        for share in interval.shares {
            dynamic += share.dynamic
            idle += share.idle
        }
        unallocated += interval.unallocated
        remainder += interval.remainder
    }

    package static func + (left: MeterAccount, right: MeterAccount) -> MeterAccount {
        var sum = left
        sum.energy += right.energy
        sum.dynamic += right.dynamic
        sum.idle += right.idle
        sum.unallocated += right.unallocated
        sum.remainder += right.remainder
        sum.metered += right.metered
        sum.dropped += right.dropped
        sum.gaps += right.gaps
        return sum
    }
}
