import ErgonCoordinator
import ErgonModel
import ErgonProvenance

/// How the coordinator's process starts and ends, and the checkpoints it signs in between.
extension World {
    private static let checkpointPeriod = Microseconds.seconds(1)
    private static let signer = NoteSigner(name: "log.example/simulation", seed: Array(0..<32))

    mutating func startCoordinator() {
        guard coordinator == nil else { return }
        ledger.forget()
        guard let recovered = recover() else {
            disk.restart()
            return later(.coordinatorStarts, 500_000...10_000_000)
        }
        compareStarted(recovered)
        visible = recovered.payloads
        coordinator = CoordinatorProcess(
            core: recovered.core, log: recovered.log,
            outboxes: Array(repeating: nil, count: workers.count),
            checkpointed: (0, coordinatorTime))
        if profile.followsPlans { coordinator?.core.followPlans() }
        let time = coordinatorTime
        let effects = coordinator?.core.start(version: "simulated", now: time) ?? []
        ledger.start(effects, grace: profile.grace, now: time, campaign: campaign(with:))
        commit(effects, before: [])
        guard coordinator != nil else { return }
        later(.coordinatorTicks(life: coordinatorLife), 0...1_000_000)
    }

    mutating func endCoordinator(losingPower: Bool) {
        guard coordinator != nil else { return }
        trace.note(now, "coordinator ends", [losingPower ? 1 : 0])
        coordinator = nil
        coordinatorLife += 1
        if losingPower {
            counts[.powerLoss] += 1
            disk.losePower()
        }
        disk.restart()
        for link in openLinks {
            // A machine without power says nothing; its peers find out by themselves.
            let delay = losingPower ? 1_000_000...20_000_000 : 1000...500_000
            breakLink(link, worker: delay, coordinator: 0...0)
        }
        later(.coordinatorStarts, 50_000...(dice.happens(1, in: 4) ? 10_000_000 : 1_500_000))
    }

    mutating func writeCheckpoint(isDue: Bool) {
        guard let log = coordinator?.log, let last = coordinator?.checkpointed,
            log.nextSequence > last.size,
            isDue || coordinatorTime - last.at >= Self.checkpointPeriod
        else { return }
        let text = log.checkpoint(origin: Self.signer?.verifier.name ?? "").text
        let note = SignedNote(text: text, signers: Self.signer.map { [$0] } ?? [])
        do throws(LogFault) { try log.writeCheckpoint(note) } catch {
            trace.note(now, "checkpoint", text: error.problem)
            // The one before still holds; the next one will say more.
            if case .system(let fault) = error, fault.isFull { return }
            return endCoordinator(losingPower: dice.happens(1, in: 2))
        }
        let time = coordinatorTime
        coordinator?.checkpointed = (log.nextSequence, time)
    }
}
