import ErgonModel
import ErgonPlanner
import Testing

/// Logs replayed where one can see through them: one site, slots of an hour.
struct ReplayTests {
    private let start = PlannerTests.start

    /// Nodes of one core: 10 W busy, 1 W idle.
    private func replay(
        carbon: [Double], nodes: Int = 1, jobs: [Job], slack: Int64 = 2,
        run: TaskClass.Run = .whole, forecast: [Double]? = nil
    ) -> Replay {
        let problem = PlanningProblem(
            start: start, slot: .seconds(3600), slots: carbon.count,
            sites: [Site(name: "here", carbon: PlannerTests.grams(carbon))],
            nodeClasses: [
                NodeClass(
                    name: "node", site: 0, nodes: [nodes], cores: 1, memory: ByteCount(0),
                    idlePower: Watts(milliwatts: 1000))
            ], taskClasses: [], objective: Objective(perKilogramCO2e: 1))
        var known = problem.sites
        if let forecast { known[0].carbon = PlannerTests.grams(forecast) }
        return Replay(
            grid: ReplayGrid(
                actual: problem, forecast: known, speeds: [1],
                perCore: [Watts(milliwatts: 10_000)]),
            jobs: jobs, rule: .slack(.seconds(slack * 3600)), run: run)
    }

    private func job(at hour: Int64, waited: Int64 = 0, hours: Int64 = 1) -> Job {
        Job(
            submitted: start + .seconds(hour * 3600), waited: .seconds(waited * 3600),
            runTime: .seconds(hours * 3600), cores: 1)
    }

    /// 11 Wh at an intensity, for each of them.
    private func milligrams(_ grams: [Double]) -> GramsCO2e {
        GramsCO2e(micrograms: Int64(grams.reduce(0, +) * 11_000))
    }

    @Test func `at once means in the first slot with room`() {
        let replay = replay(carbon: [300, 200, 100, 100], jobs: [job(at: 0), job(at: 0)])
        let account = replay.account(of: .even)
        #expect(account.carbon == milligrams([300, 200]))
        #expect(account.meanWait == .seconds(1800))
        #expect(account.late == 0 && account.left == 0)
        // The node idles for two hours more if it is never switched off.
        #expect(
            account.carbonAlwaysOn.micrograms == milligrams([300, 200]).micrograms + 200_000)
    }

    @Test func `as logged means after the wait of the log`() {
        let replay = replay(carbon: [300, 200, 100, 100], jobs: [job(at: 0, waited: 1)])
        #expect(replay.account(of: .logged).carbon == milligrams([200]))
        #expect(replay.account(of: .even).carbon == milligrams([300]))
    }

    @Test func `a plan waits for clean power as long as the deadline allows`() {
        let jobs = [job(at: 0), job(at: 0)]
        let carbon: [Double] = [300, 200, 100, 50]
        let planned = replay(carbon: carbon, jobs: jobs).account(of: .planned)
        #expect(planned.carbon == milligrams([200, 100]))
        #expect(planned.late == 0)
        let more = replay(carbon: carbon, nodes: 2, jobs: jobs, slack: 3).account(of: .planned)
        #expect(more.carbon == milligrams([50, 50]))
    }

    @Test func `it follows the forecast and pays what was`() {
        let replay = replay(
            carbon: [300, 200, 100], jobs: [job(at: 0)], forecast: [300, 100, 200])
        #expect(replay.account(of: .planned).carbon == milligrams([200]))
        #expect(replay.wholePlan().carbon == milligrams([100]))
    }

    @Test func `a job that may stop runs in the best slots, one after the other`() {
        let carbon: [Double] = [100, 300, 100, 300]
        let jobs = [job(at: 0, hours: 2)]
        let whole = replay(carbon: carbon, jobs: jobs).account(of: .planned)
        #expect(whole.carbon == milligrams([100, 300]))
        let cut = replay(carbon: carbon, jobs: jobs, run: .interruptible).account(of: .planned)
        #expect(cut.carbon == milligrams([100, 100]))
        #expect(cut.late == 0 && cut.left == 0)
    }

    @Test func `below a threshold means in the lowest three tenths of the day ahead, or at last`() {
        let carbon: [Double] = [300, 400, 100, 400, 500, 600, 700, 700, 700, 700]
        let account = replay(carbon: carbon, nodes: 2, jobs: [job(at: 0), job(at: 3)])
            .account(of: .threshold)
        // The first finds 300 to be the second lowest of ten; the other, 400 the lowest of seven.
        #expect(account.carbon == milligrams([300, 400]))
        let late = replay(carbon: [900, 800, 700, 100, 100, 100], jobs: [job(at: 0)])
        #expect(late.account(of: .threshold).carbon == milligrams([700]))
    }

    @Test func `what nobody has room for is late or left, and said so`() {
        let jobs = (0..<4).map { _ in job(at: 0) }
        let account = replay(carbon: [1, 1, 1], jobs: jobs, slack: 1).account(of: .even)
        #expect(account.late == 1 && account.left == 1)
    }

    @Test(arguments: UInt64(1)...6)
    func `no policy undercuts the bound of the whole log`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let carbon = (0..<24).map { _ in Double(random.number(50, 400)) }
        let jobs = (0..<30).map { _ in
            job(at: Int64(random.number(0, 12)), hours: Int64(random.number(1, 3)))
        }
        let replay = replay(carbon: carbon, nodes: 12, jobs: jobs, slack: 6)
        let bound = try #require(replay.wholePlan().bound)
        for policy in Policy.allCases {
            let account = replay.account(of: policy)
            // Whoever waits for low prices alone may find no room when it is time.
            if policy == .threshold, account.late > 0 { continue }
            #expect(account.late == 0 && account.left == 0, "\(policy)")
            #expect(account.cost >= bound, "\(policy)")
        }
        let (planned, even) = (replay.account(of: .planned), replay.account(of: .even))
        #expect(planned.cost <= even.cost * 1.05)
    }
}
