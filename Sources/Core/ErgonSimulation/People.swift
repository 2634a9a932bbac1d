import ErgonCoordinator
import ErgonModel
import ErgonWorker

/// What a person asked for, and asks for again until there is an answer.
struct Request {
    enum Wish {
        case submit(Int)
        case intervene(Coordinator.Intervention)
    }
    let wish: Wish
    var isAnswered = false
}

/// People, who submit campaigns and get in their way.
extension World {
    mutating func addRequest(_ wish: Request.Wish, at time: Int64) {
        agenda.add(.requestIsSent(requests.count), at: time)
        requests.append(Request(wish: wish))
    }

    mutating func send(_ number: Int) {
        guard !requests[number].isAnswered else { return }
        // Asked again if nothing was heard.
        later(.requestIsSent(number), 5_000_000...10_000_000)
        if coordinator != nil { arrive(.request(number)) }
    }

    func event(
        of wish: Request.Wish, _ id: Coordinator.RequestID
    ) -> Coordinator.Event {
        switch wish {
        case .submit(let index):
            .submit(id, campaigns[index].campaign, manifest: campaigns[index].manifest, by: "anna")
        case .intervene(let intervention): .intervene(id, intervention, by: "anna")
        }
    }

    mutating func hear(_ reply: Coordinator.Reply, to number: Int) {
        if !isCalm, dice.happens(5, in: 100) {
            counts[.lostReply] += 1
        } else if isAnswer(reply, to: requests[number].wish) {
            requests[number].isAnswered = true
        }
        trace.note(now, "reply", [number, requests[number].isAnswered ? 1 : 0], text: "\(reply)")
    }

    /// A submit that is refused for want of room is tried again, and must never be lost.
    private func isAnswer(_ reply: Coordinator.Reply, to wish: Request.Wish) -> Bool {
        if case .submit = wish, case .refused = reply { false } else { true }
    }

    // MARK: Interventions

    mutating func intervene() {
        guard !isCalm else { return }
        later(.someoneIntervenes, 1000...Int(2 * profile.interventionPeriod))
        counts[.intervention] += 1
        if dice.happens(1, in: 6), let index = dice.pick(Array(workers.indices)) {
            return askToGo(index)
        }
        addRequest(.intervene(randomIntervention()), at: now)
    }

    private mutating func randomIntervention() -> Coordinator.Intervention {
        if dice.happens(1, in: 4), let worker = dice.pick(workers.map(\.facts.worker)) {
            return .stand(worker, randomStanding())
        }
        let id = CampaignID(dice.roll(1...max(ledger.campaigns.count, 1)))
        switch dice.roll(1...12) {
        case 1...2: return .hold(id, reason: "anna wants to look at it")
        case 3...5: return .release(id)
        case 6: return .cancel(id)
        case 7...8: return .resume(id)
        default: return .retry(id, stage: randomStage(of: id), tasks: randomTasks())
        }
    }

    private mutating func randomStanding() -> Standing {
        switch dice.roll(1...5) {
        case 1: .draining
        case 2: .quarantined(reason: "anna does not trust it", until: nil)
        case 3:
            .quarantined(
                reason: "anna looks at it later",
                until: coordinatorTime + Microseconds(span(0...60_000_000)))
        default: .active
        }
    }

    private mutating func randomStage(of id: CampaignID) -> String? {
        guard dice.happens(1, in: 4) else { return nil }
        return dice.pick(ledger.campaigns[id]?.steps.map(\.name) ?? [])
    }

    private mutating func randomTasks() -> IntervalSet? {
        guard dice.happens(1, in: 4) else { return nil }
        let first = dice.roll(0...6)
        return IntervalSet(first..<first + dice.roll(1...4))
    }

    /// The worker is told to go, and sometimes, because it takes too long, told again.
    private mutating func askToGo(_ index: Int) {
        guard workers[index].process != nil, !workers[index].isLeaving else { return }
        counts[.workerLeaves] += 1
        workers[index].isLeaving = true
        let life = workers[index].life
        let patience = Microseconds(span(0...30_000_000))
        agenda.add(.workerHears(index, life: life, .leave(patience: patience)), at: now)
        if dice.happens(1, in: 8) { later(.workerIsKilled(index, life: life), 1000...5_000_000) }
    }

    // MARK: The end of it

    /// Once all is calm, what was cancelled goes on, and what failed is tried again.
    mutating func giveSecondChances() {
        for id in ledger.campaigns.keys.sorted() {
            let isCancelled = ledger.books.cancelled.contains(id)
            addRequest(
                .intervene(isCancelled ? .resume(id) : .retry(id, stage: nil, tasks: nil)),
                at: now + span(1_000_000...200_000_000))
        }
    }

    /// Once all is calm, what people held or took out of service is given back.
    mutating func lookAfterAll() {
        later(.someoneLooksAfterAll, 20_000_000...30_000_000)
        guard requests.allSatisfy(\.isAnswered) else { return }
        for id in ledger.heldCampaigns { addRequest(.intervene(.release(id)), at: now) }
        for worker in ledger.workersOutOfService {
            addRequest(.intervene(.stand(worker, .active)), at: now)
        }
    }
}
