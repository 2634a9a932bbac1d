import ErgonEnergy
import ErgonModel
import ErgonPlanner

/// What campaigns have taken so far, at the meters of the sites, as far as the records say where
/// it was taken.
struct SpendingBooks: Sendable {
    private var places: [WorkerID: WorkerPlace] = [:]
    private var names: [CampaignID: String] = [:]
    private var spent: [CampaignID: Spending] = [:]
    /// What signals said of a quarter of an hour at a site.
    private var rates: [Quarter: Rates] = [:]

    private struct Quarter: Hashable {
        var site: Int
        var number: Int64
    }

    private struct Rates {
        var carbon: CarbonIntensity?
        var price: EnergyPrice?
    }

    private static let quarter = Microseconds.seconds(900)
    /// So many quarters are remembered.
    private static let mostQuarters = 10_000

    subscript(id: CampaignID) -> Spending { spent[id] ?? Spending() }

    /// - Returns: results of tasks of which it is known where they ran.
    mutating func take(
        _ record: Record, _ grid: LoadedGrid, _ clock: SignalClock
    ) -> (pair: Experience.Pair, results: [TaskResult])? {
        switch record.event {
        case .workerJoined(let facts): places[facts.worker] = facts.place
        case .campaignAccepted(let accepted): names[accepted.id] = accepted.name
        case .results(let batch), .superseded(let batch):
            return take(batch, at: clock.inSignals(record.time), grid, clock)
        case .coordinatorStarted, .stageSized, .resultsReused, .campaignHeld, .campaignReleased,
            .campaignReopened, .campaignCancelled, .campaignSealed, .campaignForgotten,
            .workerStands, .policyInForce, .policyDecided, .approved, .planAdopted,
            .energyMetered, .logRepaired:
            break
        }
        return nil
    }

    private mutating func take(
        _ batch: ResultBatch, at time: Instant, _ grid: LoadedGrid, _ clock: SignalClock
    ) -> (pair: Experience.Pair, results: [TaskResult])? {
        var energy = Joules.zero
        for result in batch.results { energy += result.energy * result.count }
        // A watt of a replayed hour is a watt for an hour.
        let drawn = Joules(
            microjoules: Int64(clamping: Int128(Double(energy.microjoules) * clock.speed)))
        guard let place = places[batch.worker],
            let site = grid.grid.sites.firstIndex(where: { $0.name == place.site })
        else {
            spent[batch.campaign, default: Spending()] += Spending(energy: drawn)
            return nil
        }
        let effectiveness = grid.grid.sites[site].powerUsageEffectiveness
        let metered = Joules(
            microjoules: Int64(clamping: Int128(Double(drawn.microjoules) * effectiveness)))
        let rates = rates(at: site, time, grid)
        spent[batch.campaign, default: Spending()] += Spending(
            energy: metered,
            carbon: rates.carbon.map { emissions(of: metered, at: $0) } ?? .zero,
            money: rates.price.map { cost(of: metered, at: $0) } ?? .zero)
        guard let name = names[batch.campaign], let kind = place.nodeClass else { return nil }
        let pair = Experience.Pair(
            taskClass: "\(name).\(batch.stage)", nodeClass: "\(kind)@\(place.site)")
        return (pair, batch.results)
    }

    private mutating func rates(
        at site: Int, _ time: Instant, _ grid: LoadedGrid
    ) -> Rates {
        let number = time.microseconds / Self.quarter.count
        let quarter = Quarter(site: site, number: number)
        if let known = rates[quarter] { return known }
        let start = Instant(microseconds: number * Self.quarter.count)
        let yearly = grid.grid.sites[site].zone.flatMap { yearlyIntensity(of: $0) }
        let found = Rates(
            carbon: grid.carbon[site].forecast(
                yearly: yearly, start: start, slot: Self.quarter, slots: 1
            ).values[0],
            price: grid.price[site].forecast(
                yearly: nil, start: start, slot: Self.quarter, slots: 1
            ).values[0])
        if rates.count >= Self.mostQuarters { rates = [:] }
        rates[quarter] = found
        return found
    }
}
