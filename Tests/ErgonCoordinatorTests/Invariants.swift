import ErgonModel
import Testing

@testable import ErgonCoordinator

/// What must hold of a coordinator between any two events, seen from within.
func checkInvariants(of coordinator: Coordinator, _ seed: UInt64) {
    var held: [CampaignID: [Stage: [LeaseID: IntervalSet]]] = [:]
    for (id, lease) in coordinator.leases {
        held[lease.campaign, default: [:]][lease.stage, default: [:]][id] = lease.remaining
        #expect(!lease.remaining.isEmpty, "seed \(seed): lease \(id) has nothing left")
        let isListed = coordinator.workers[lease.worker]?.leases.contains(id) == true
        #expect(isListed, "seed \(seed): \(lease.worker) does not know of its lease \(id)")
    }
    let listed = coordinator.workers.values.reduce(0) { $0 + $1.leases.count }
    #expect(listed == coordinator.leases.count, "seed \(seed): leases that are none")
    for (id, campaign) in coordinator.campaigns {
        #expect(campaign.seal == nil || held[id] == nil, "seed \(seed): leases after the seal")
        let unknown = (held[id] ?? [:]).keys.filter { campaign.stages[$0] == nil }
        #expect(unknown.isEmpty, "seed \(seed): leases of stages without tasks")
        for (stage, state) in campaign.stages {
            checkSets(of: state, held[id]?[stage] ?? [:], seed)
            checkReadiness(of: campaign, stage, seed)
        }
    }
}

private func checkSets(of state: StageState, _ held: [LeaseID: IntervalSet], _ seed: UInt64) {
    let all = 0..<state.count
    let again = state.again.tasks(in: all)
    var seen = IntervalSet()
    for set in [state.ready, again, state.leased, state.done, state.failed, state.unreachable] {
        #expect(set.subtracting(IntervalSet(all)).isEmpty, "seed \(seed): \(state.name) \(set)")
        #expect(seen.intersection(set).isEmpty, "seed \(seed): \(state.name) \(set) twice")
        seen.formUnion(set)
    }
    #expect(again.count == state.again.count, "seed \(seed): \(state.name) waits twice")
    var (once, twice) = (IntervalSet(), IntervalSet())
    for remaining in held.values {
        twice.formUnion(once.intersection(remaining))
        once.formUnion(remaining)
    }
    #expect(once == state.leased, "seed \(seed): \(state.name) leased \(state.leased): \(once)")
    #expect(twice == state.copied, "seed \(seed): \(state.name) copied \(state.copied): \(twice)")
    let troubled = state.setbacks.keys
    #expect(!troubled.contains { state.ready.contains($0) }, "seed \(seed): \(state.name) ready")
    #expect(!troubled.contains { state.done.contains($0) }, "seed \(seed): \(state.name) done")
    let reasons = IntervalSet(state.reasons.keys)
    #expect(reasons == state.failed, "seed \(seed): \(state.name) failed for no reason")
}

/// Nothing that could run is forgotten, and nothing that never will.
private func checkReadiness(of campaign: CampaignState, _ stage: Stage, _ seed: UInt64) {
    guard campaign.seal == nil, let state = campaign.stages[stage] else { return }
    var again = campaign
    switch stage.part {
    case .work: again.refresh(stage.step, 0..<state.count)
    case .merge(let output, let level):
        let below = stage.below.flatMap { campaign.stages[$0]?.count } ?? 0
        again.refreshMerge(stage.step, output, level: level, below: 0..<below)
    }
    let isSame =
        again.stages[stage]?.ready == state.ready
        && again.stages[stage]?.unreachable == state.unreachable
        && again.stages[stage]?.again.count == state.again.count
    #expect(isSame, "seed \(seed): \(state.name) forgot what is ready")
}

extension IntervalSet {
    fileprivate init(_ numbers: some Sequence<Int>) {
        self.init()
        for number in numbers { insert(number..<number + 1) }
    }
}
