import ErgonCoordinator
import ErgonEnergy
import ErgonModel
import Testing

@testable import ErgonCoordinatorService

/// What quotas are made of: what is left of the present slot, less what workers have.
@Suite struct PlanDeskTests {
    private let place = WorkerPlace(site: "north", nodeClass: "new")
    private let begin = Instant(microseconds: 0)

    /// Two hours, of which one is clean; two cores.
    private func desk(clean: Int) -> PlanDesk {
        let signal = Signal<CarbonIntensity>(
            starts: (0..<3).map { hour in
                (
                    start: begin + .seconds(3600 * Int64(hour)),
                    value: grams(hour == clean ? 50 : 500)
                )
            })
        let node = NodeSpec(
            name: "new", count: 1, cores: 2, memory: ByteCount(1 << 32), gpus: 0, speed: 1,
            idle: Watts(milliwatts: 5000), perCore: Watts(milliwatts: 5000),
            perGPU: Watts(milliwatts: 0), tenure: .owned, maySuspend: true)
        let site = SiteSpec(
            name: "north", powerUsageEffectiveness: 1, powerCap: nil, zone: nil, carbon: nil,
            price: nil, nodes: [node])
        let grid = Grid(slot: .seconds(3600), sites: [site])
        return PlanDesk(
            loaded: LoadedGrid(
                grid: grid, carbon: [.signal(signal, fetched: nil)], price: [.absent]),
            clock: .present)
    }

    private func grams(_ number: Int64) -> CarbonIntensity {
        CarbonIntensity(microgramsPerKilowattHour: number * 1_000_000)
    }

    private func work(_ open: Int, longestWait: Microseconds? = nil) -> OpenWork.CampaignWork {
        let needs = Resources(
            cpus: 1, memory: ByteCount(1 << 20), time: .seconds(600), limit: .seconds(6000))
        let step = StepSpec(
            name: "work", over: nil, split: .seeds(total: open, perTask: 1, eventsPerSeed: 1),
            points: [], with: [], run: [],
            outputs: [], resources: needs, retry: RetrySpec(attempts: 3), variables: [:])
        var campaign = Campaign(
            name: "brim", owner: nil, description: nil, seed: 1, inputs: [], code: [],
            environment: EnvironmentSpec(python: nil, variables: [:]), steps: [step])
        campaign.goals = Goals(
            objective: Weights(carbon: 1), deadline: .seconds(7200), longestWait: longestWait)
        return OpenWork.CampaignWork(
            id: CampaignID(1), campaign: campaign, accepted: begin, open: [open])
    }

    /// Tasks by the hour of whose end they are behind the plan.
    private func quotas(
        _ open: Int, at minutes: Int64, clean: Int = 0, held: [OpenWork.Held] = [],
        longestWait: Microseconds? = nil
    ) throws -> [Int64: Int] {
        var desk = desk(clean: clean)
        let crew = OpenWork.Crew(
            place: place, workers: 1, cpus: 2, memory: ByteCount(1 << 32),
            held: held.isEmpty ? [] : [held])
        let made = desk.plan(
            OpenWork(campaigns: [work(open, longestWait: longestWait)], crews: [crew]),
            now: begin + .seconds(minutes * 60)
        ) { false }
        let schedule = try #require(made?.schedule())
        let part = try #require(schedule.parts[Schedule.Work(campaign: CampaignID(1), step: 0)])
        return part.quotas.reduce(into: [:]) {
            $0[($1.closes - begin).count / 3_600_000_000, default: 0] += $1.tasks
        }
    }

    private func held(_ tasks: Int, sinceMinutes minutes: Int64) -> OpenWork.Held {
        OpenWork.Held(
            campaign: "brim", stage: "work", tasks: tasks,
            needs: work(1).campaign.steps[0].resources,
            since: begin + .seconds(minutes * 60))
    }

    @Test func `a slot that has begun is planned as what is left of it`() throws {
        #expect(try quotas(14, at: 0) == [1: 12, 2: 2])
        #expect(try quotas(14, at: 20) == [1: 8, 2: 6])
    }

    /// Two that run end in five minutes, and two begin then: what is left is 45 of 80 minutes.
    @Test func `what workers have is taken off it`() throws {
        #expect(try quotas(14, at: 20, held: [held(4, sinceMinutes: 15)]) == [1: 5, 2: 9])
    }

    @Test func `a campaign waits no longer than it may`() throws {
        #expect(try quotas(6, at: 0, clean: 1) == [2: 6])
        #expect(try quotas(6, at: 0, clean: 1, longestWait: .seconds(1800)) == [1: 6])
        #expect(try quotas(14, at: 0, clean: 1, longestWait: .seconds(1800)) == [1: 12, 2: 2])
    }
}
