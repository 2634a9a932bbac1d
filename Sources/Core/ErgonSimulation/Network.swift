import ErgonCoordinator
import ErgonModel
import ErgonWorker

/// What a worker says on its stream.
enum FromWorker {
    case hello(WorkerFacts, life: Int, held: [HeldLease])
    case results(WorkerReport)
    case giveBack(LeaseID, IntervalSet)
    case leaving
    case decline(LeaseID, reason: String)
}

/// One stream between a worker and the coordinator. Messages of one direction arrive in order.
struct Link {
    let worker: Int
    let workerLife: Int
    let coordinatorLife: Int
    var isOpenAtWorker = true
    /// Its messages are taken, if any still arrive.
    var isOpenAtCoordinator = true
    var carriesUp = true
    var carriesDown = true
    var nextUp: Int64 = 0
    var nextDown: Int64 = 0
    /// What is on its way up when the stream breaks, but not lost, arrives then.
    var heldUpUntil: Int64 = 0
}

extension World {
    // MARK: Streams

    mutating func connect(_ index: Int, _ life: Int) {
        guard isAlive(index, life), workers[index].link == nil else { return }
        guard coordinator != nil, !workers[index].isCutOff, let process = workers[index].process
        else { return later(.workerConnects(index, life: life), 100_000...3_000_000) }
        let link = links.count
        links.append(Link(worker: index, workerLife: life, coordinatorLife: coordinatorLife))
        workers[index].link = link
        trace.note(now, "connect", [index, link])
        sendUp(link, .hello(workers[index].facts, life: life, held: process.held))
        tell(index, .connected)
    }

    private mutating func delay() -> Int64 {
        dice.happens(1, in: 15) ? span(100_000...2_000_000) : span(500...20_000)
    }

    mutating func sendUp(_ link: Int, _ message: FromWorker) {
        guard links[link].carriesUp else { return }
        links[link].nextUp = max(links[link].nextUp + 1, now + delay())
        agenda.add(.reachesCoordinator(link: link, message), at: links[link].nextUp)
    }

    mutating func sendDown(_ link: Int, _ order: WorkerOrder) {
        guard links[link].carriesDown else { return }
        links[link].nextDown = max(links[link].nextDown + 1, now + delay())
        agenda.add(.reachesWorker(link: link, order), at: links[link].nextDown)
    }

    mutating func reachCoordinator(_ link: Int, _ message: FromWorker) {
        let state = links[link]
        guard now >= state.heldUpUntil else {
            return agenda.add(.reachesCoordinator(link: link, message), at: state.heldUpUntil)
        }
        if case .results = message,
            links[(link + 1)...].contains(where: { $0.worker == state.worker })
        {
            counts[.lateReport] += 1
        }
        guard state.carriesUp, state.isOpenAtCoordinator, coordinator != nil,
            state.coordinatorLife == coordinatorLife
        else { return }
        switch message {
        case .hello(let facts, let life, let held): arrive(.linkOpened(facts, life, held, link))
        case .results(let report): arrive(.fromWorker(link) { .report($0, report) })
        case .giveBack(let lease, let tasks):
            arrive(.fromWorker(link) { .giveBack($0, lease, tasks) })
        case .leaving: arrive(.fromWorker(link) { .leaving($0) })
        case .decline(let lease, let reason):
            arrive(.fromWorker(link) { .decline($0, lease, reason: reason) })
        }
    }

    mutating func reachWorker(_ link: Int, _ order: WorkerOrder) {
        let state = links[link]
        guard state.carriesDown, state.isOpenAtWorker, isAlive(state.worker, state.workerLife)
        else { return }
        tell(state.worker, .order(order))
    }

    mutating func endAtWorker(_ link: Int) {
        let (index, life) = (links[link].worker, links[link].workerLife)
        guard links[link].isOpenAtWorker else { return }
        links[link].isOpenAtWorker = false
        links[link].carriesDown = false
        guard isAlive(index, life), workers[index].link == link else { return }
        workers[index].link = nil
        tell(index, .disconnected)
        later(.workerConnects(index, life: life), 1000...2_000_000)
    }

    mutating func endAtCoordinator(_ link: Int) {
        guard links[link].isOpenAtCoordinator else { return }
        links[link].isOpenAtCoordinator = false
        links[link].carriesUp = false
        if links[link].coordinatorLife == coordinatorLife { arrive(.linkClosed(link)) }
    }

    /// What is on its way is lost, or still arrives if `up`; each side learns of it on its own.
    mutating func breakLink(
        _ link: Int, up: Bool = false, worker: ClosedRange<Int>, coordinator: ClosedRange<Int>
    ) {
        links[link].carriesUp = up
        links[link].carriesDown = false
        if up { links[link].heldUpUntil = now + span(0...6_000_000) }
        later(.linkEndsAtWorker(link), worker)
        later(.linkEndsAtCoordinator(link), coordinator)
    }

    var openLinks: [Int] {
        links.indices.filter { links[$0].carriesDown && links[$0].isOpenAtWorker }
    }
}
