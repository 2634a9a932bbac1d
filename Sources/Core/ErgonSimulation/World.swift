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
        case linesAreCounted(life: Int, CampaignID, step: Int, lines: Int)
        case workerStarts(Int)
        case workerTicks(Int, life: Int)
        case workerConnects(Int, life: Int)
        case workerHears(Int, life: Int, Worker.Event)
        case taskEnds(Int, life: Int, Worker.Attempt, Worker.ProcessEnd.Status)
        case reachesCoordinator(link: Int, FromWorker)
        case reachesWorker(link: Int, WorkerOrder)
        case linkEndsAtCoordinator(Int)
        case linkEndsAtWorker(Int)
        case cutOffEnds(Int)
        /// Right after the worker has said something.
        case streamBreaks(link: Int)
        case requestIsSent(Int)
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
    /// What those records alone lead to.
    var shadow = Coordinator()
    /// What the program of a task is told, the same at every attempt.
    var commands: [Ledger.Key: Digest] = [:]
    var attempts: [Ledger.Key: Int] = [:]

    init(seed: UInt64, operations: Int, isCalm: Bool, isTraced: Bool) {
        self.seed = seed
        var dice = Dice(seed: seed, purpose: 1)
        profile = Profile(dice: &dice, operations: operations, isCalm: isCalm)
        var drawn: [SimulatedCampaign] = []
        for number in 1...dice.roll(1...2) { drawn.append(dice.campaign(number: number)) }
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
        if profile.isCancelled {
            addRequest(.cancel(CampaignID(1)), at: span(5_000_000...40_000_000))
        }
        agenda.add(.coordinatorStarts, at: 0)
        if profile.faultPeriod > 0 { agenda.add(.somethingFails, at: profile.faultPeriod) }
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
        case .linesAreCounted(let life, let id, let step, let lines):
            if life == coordinatorLife {
                arrive(.event(.linesCounted(id, step: step, lines: lines)))
            }
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
        case .reachesCoordinator(let link, let message): reachCoordinator(link, message)
        case .reachesWorker(let link, let order): reachWorker(link, order)
        case .linkEndsAtCoordinator(let link): endAtCoordinator(link)
        case .linkEndsAtWorker(let link): endAtWorker(link)
        case .cutOffEnds(let index): workers[index].isCutOff = false
        case .streamBreaks(let link): breakAfterReport(link)
        case .requestIsSent(let number): send(number)
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
            if index > 0, dice.happens(profile.leaversInTen, in: 10) {
                workers[index].isGone = true
                killWorker(index)
            }
        }
    }

    /// All that was asked for is answered, and every campaign on record has ended.
    var isDone: Bool {
        requests.allSatisfy(\.isAnswered) && coordinator != nil
            && ledger.campaigns.count == ledger.sealed.count
    }
}

/// What kind of world a seed makes.
struct Profile {
    let workers: Int
    let operations: Int
    let grace: Microseconds
    let segmentSize: Int
    /// Of attempts, in percent.
    let failureRate: Int
    /// Mean time between two faults, in microseconds; 0 in a world without any.
    let faultPeriod: Int64
    let isCancelled: Bool
    /// Of ten workers, how many are gone for good in the end.
    let leaversInTen: Int

    init(dice: inout Dice, operations: Int, isCalm: Bool) {
        workers = dice.roll(1...5)
        grace = .seconds(dice.span(3...15))
        segmentSize = [600, 3000, 1 << 20][dice.roll(0...2)]
        let rate = [0, 5, 20, 60][dice.roll(0...3)]
        let period = dice.span(300_000...4_000_000)
        let (cancels, leavers) = (dice.happens(15, in: 100), dice.roll(0...4))
        self.operations = isCalm ? 1 : operations
        failureRate = isCalm ? 0 : rate
        faultPeriod = isCalm ? 0 : period
        isCancelled = !isCalm && cancels
        leaversInTen = isCalm ? 0 : leavers
    }
}
