import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import ErgonWorker

/// A whole grid in one thread: the real coordinator, the real workers and the real log, on
/// machines, clocks, a network and a disk that are made of numbers and fail as the seed says.
struct World {
    enum Happening {
        case coordinatorStarts
        case coordinatorTicks(life: Int)
        /// The coordinator takes what has arrived as one group.
        case groupIsTaken(life: Int)
        case snapshotIsWritten(life: Int)
        case linesAreCounted(life: Int, CampaignID, step: Int, of: StoredFile, lines: Int)
        /// The planner has an answer, or says that it has new forecasts.
        case plannerSpeaks(life: Int, Coordinator.Event)
        case workerStarts(Int)
        case workerTicks(Int, life: Int)
        case workerConnects(Int, life: Int)
        case workerHears(Int, life: Int, Worker.Event)
        case taskEnds(Int, life: Int, Worker.Attempt, Worker.ProcessEnd.Status)
        case workerIsKilled(Int, life: Int)
        case reachesCoordinator(link: Int, FromWorker)
        case reachesWorker(link: Int, WorkerOrder)
        case linkEndsAtCoordinator(Int)
        case linkEndsAtWorker(Int)
        case cutOffEnds(Int)
        /// By the worker's own reckoning.
        case dayPasses(Int)
        case blackHoleEnds(Int)
        /// Right after the worker has said something.
        case streamBreaks(link: Int)
        case requestIsSent(Int)
        case someoneIntervenes
        case someoneLooksAfterAll
        case diskRecovers
        case somethingFails
    }

    let seed: UInt64
    let profile: Profile
    var dice: Dice
    var trace: Trace
    var counts = FaultCounts()
    var ledger = Ledger()
    var agenda = Agenda<Happening>()
    /// Microseconds since the simulation began.
    var now: Int64 = 0
    /// From then on nothing goes wrong any more.
    var calmSince: Int64?
    var steps = 0

    let campaigns: [SimulatedCampaign]
    var requests: [Request] = []
    var workers: [SimulatedWorker] = []
    var links: [Link] = []
    let disk: SimulatedDisk
    var coordinator: CoordinatorProcess?
    var coordinatorLife = 0
    var coordinatorClock: Int64 = 0
    /// Every record that was made visible, in order: none of them may ever be lost.
    var visible: [[UInt8]] = []
    /// What was read of a log before, by its bytes.
    var decoded: [[UInt8]: Record] = [:]
    /// What those records alone lead to.
    var shadow = Coordinator()
    /// What the program of a task is told, the same at every attempt on the same inputs.
    var commands: [Command: Digest] = [:]
    var attempts: [Ledger.Key: Int] = [:]

    struct Command: Hashable {
        var task: Ledger.Key
        var inputs: [Digest]
    }

    init(seed: UInt64, operations: Int, isCalm: Bool, isTraced: Bool) {
        self.seed = seed
        var dice = Dice(seed: seed, purpose: 1)
        profile = Profile(seed: seed, dice: &dice, operations: operations, isCalm: isCalm)
        var drawn: [SimulatedCampaign] = []
        for number in 1...dice.roll(1...2) { drawn.append(dice.campaign(number: number)) }
        if profile.followsPlans { drawn = drawn.map { $0.withGoals(seed: seed) } }
        campaigns = drawn
        disk = SimulatedDisk(dice: Dice(seed: seed, purpose: 2))
        self.dice = dice
        trace = Trace(isKept: isTraced)
        // The first is large enough for every task.
        for number in 1...profile.workers {
            workers.append(SimulatedWorker(number: number, cpus: number == 1 ? 4 : number % 3 + 1))
            agenda.add(.workerStarts(number - 1), at: span(0...2_000_000))
        }
        for campaign in drawn.indices { addRequest(.submit(campaign), at: span(0...3_000_000)) }
        agenda.add(.coordinatorStarts, at: 0)
        if profile.faultPeriod > 0 { agenda.add(.somethingFails, at: profile.faultPeriod) }
        if profile.interventionPeriod > 0 {
            agenda.add(.someoneIntervenes, at: profile.interventionPeriod)
        }
    }

    mutating func span(_ range: ClosedRange<Int>) -> Int64 { dice.span(range) }

    /// Some time after now.
    mutating func later(_ happening: Happening, _ delay: ClosedRange<Int>) {
        agenda.add(happening, at: now + dice.span(delay))
    }

    var isCalm: Bool { calmSince != nil }

    func campaign(with digest: Digest) -> Campaign? {
        campaigns.first { $0.manifest.digest == digest }?.campaign
    }

    // MARK: Steps

    /// One thing happens.
    /// - Returns: false if nothing ever will.
    mutating func step() -> Bool {
        guard let (time, happening) = agenda.next() else { return false }
        now = time
        steps += 1
        perform(happening)
        if steps == profile.operations { calmDown() }
        return true
    }

    private mutating func perform(_ happening: Happening) {
        switch happening {
        case .coordinatorStarts: startCoordinator()
        case .coordinatorTicks(let life): tickCoordinator(life)
        case .groupIsTaken(let life): if life == coordinatorLife { takeGroup() }
        case .snapshotIsWritten(let life): writeSnapshot(life)
        case .linesAreCounted(let life, let id, let step, let file, let lines):
            if life == coordinatorLife {
                arrive(.event(.linesCounted(id, step: step, of: file, lines: lines)))
            }
        case .plannerSpeaks(let life, let event):
            if life == coordinatorLife { arrive(.event(event)) }
        case .workerStarts(let index): startWorker(index)
        case .workerTicks(let index, let life):
            guard isAlive(index, life) else { break }
            tell(index, .tick)
            later(.workerTicks(index, life: life), 900_000...1_100_000)
        case .workerConnects(let index, let life): connect(index, life)
        case .workerHears(let index, let life, let event):
            if isAlive(index, life) { tell(index, event) }
        case .taskEnds(let index, let life, let attempt, let status):
            if isAlive(index, life) { endTask(index, attempt, status) }
        case .workerIsKilled(let index, let life): if isAlive(index, life) { killWorker(index) }
        case .reachesCoordinator(let link, let message): reachCoordinator(link, message)
        case .reachesWorker(let link, let order): reachWorker(link, order)
        case .linkEndsAtCoordinator(let link): endAtCoordinator(link)
        case .linkEndsAtWorker(let link): endAtWorker(link)
        case .cutOffEnds(let index): workers[index].isCutOff = false
        case .dayPasses(let index): workers[index].uptime += 25 * 3_600_000_000
        case .blackHoleEnds(let index): workers[index].isBlackHole = false
        case .streamBreaks(let link): breakAfterReport(link)
        case .requestIsSent(let number): send(number)
        case .someoneIntervenes: intervene()
        case .someoneLooksAfterAll: lookAfterAll()
        case .diskRecovers: disk.weather = SimulatedDisk.Weather()
        case .somethingFails: failSomehow()
        }
    }

    /// Everything that was broken is mended; what is gone for good stays gone.
    private mutating func calmDown() {
        calmSince = now
        trace.note(now, "calm")
        disk.weather = SimulatedDisk.Weather()
        for index in workers.indices {
            workers[index].isCutOff = false
            workers[index].isBlackHole = false
            if index > 0, dice.happens(profile.leaversInTen, in: 10) {
                workers[index].isGone = true
                killWorker(index)
            }
        }
        if profile.faultPeriod > 0 { later(.someoneLooksAfterAll, 0...10_000_000) }
        if profile.interventionPeriod > 0 { giveSecondChances() }
    }

    /// All that was asked for is answered, every campaign on record has ended, and no worker that
    /// is still there has anything left to say.
    var isDone: Bool {
        requests.allSatisfy(\.isAnswered) && coordinator?.isIdle == true && ledger.isAllSealed
            && workers.allSatisfy { $0.isGone || $0.isIdle }
    }
}
