import ErgonModel
import ErgonTransfer
import ErgonWorker
import FoundationEssentials
import Logging

/// What the loop knows of an attempt that its core knows of.
struct AttemptInHand {
    let folder: PrivateFolders.Folder
    let outputs: [OutputSpec]
    /// Once all it reads is there.
    var command: TaskPlan.Command?
    var pins: [FileCache.Pin] = []
    /// Head and tail of what it said.
    var said: [UInt8] = []
    /// It ended well.
    var hasSucceeded = false
    /// Its folder is as it was, but for what it was to leave.
    var isTidy = true
    /// Finished to stop what is being collected.
    var collecting: AsyncStream<Never>.Continuation?
}

/// What the loop does for campaigns and attempts: at once what takes no time, and the rest as
/// errands.
extension WorkerLoop {
    func load(_ manifest: StoredFile) {
        let (workplace, endpoint, inbox, logger) = (workplace, endpoint, inbox, logger)
        errands.add {
            do throws(WorkplaceFault) {
                let campaign = try await workplace.load(manifest, from: endpoint)
                inbox.post(.core(.loaded(manifest.digest, campaign)))
            } catch {
                logger.warning("a campaign was not loaded", metadata: ["reason": "\(error.detail)"])
                inbox.post(.core(.loadFailed(manifest.digest, reason: error.reason)))
            }
        }
    }

    mutating func prepare(_ attempt: Worker.Attempt) {
        do throws(WorkplaceFault) {
            guard let lease = core.lease(of: attempt), let campaign = core.campaign(of: lease),
                let plan = TaskPlan(lease, task: attempt.task, campaign: campaign)
            else { throw WorkplaceFault("the lease does not fit its campaign") }
            let folder = try folders.take()
            attempts[attempt] = AttemptInHand(folder: folder, outputs: plan.outputs)
            if plan.readsNothing {
                attempts[attempt]?.command = try workplace.command(plan, lease, in: folder.path)
                pending.append(.prepared(attempt))
            } else {
                stage(attempt, plan, lease, in: folder.path)
            }
        } catch {
            Self.note(error, logger)
            pending.append(.prepareFailed(attempt, reason: error.reason))
        }
    }

    private func stage(
        _ attempt: Worker.Attempt, _ plan: TaskPlan, _ lease: Lease, in folder: String
    ) {
        let (workplace, endpoint, inbox, logger) = (workplace, endpoint, inbox, logger)
        errands.add {
            do throws(WorkplaceFault) {
                let (command, pins) = try await workplace.stage(
                    plan, lease, in: folder, from: endpoint)
                inbox.post(.prepared(attempt, command, pins))
            } catch {
                Self.note(error, logger)
                inbox.post(.core(.prepareFailed(attempt, reason: error.reason)))
            }
        }
    }

    private static func note(_ fault: WorkplaceFault, _ logger: Logger) {
        logger.warning("a task was not prepared", metadata: ["reason": "\(fault.detail)"])
    }

    mutating func start(_ attempt: Worker.Attempt) {
        guard let held = attempts[attempt], let command = held.command else { return }
        let event = launcher.start(workplace.request(attempt, command, in: held.folder.path))
        if case .started = event { attempts[attempt]?.isTidy = false }
        pending.append(event)
    }

    mutating func collect(_ attempt: Worker.Attempt, _ succeeded: Bool) {
        guard let held = attempts[attempt] else { return }
        attempts[attempt]?.hasSucceeded = succeeded
        let outputs = succeeded ? held.outputs : []
        if let left = workplace.collectAtOnce(outputs, in: held.folder.path) {
            if let event = collected(attempt, left) { pending.append(event) }
            return
        }
        let (workplace, endpoint, inbox) = (workplace, endpoint, inbox)
        let folder = held.folder.path
        let (stop, stopper) = AsyncStream.makeStream(of: Never.self)
        attempts[attempt]?.collecting = stopper
        errands.add {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    inbox.post(
                        .collected(
                            attempt, await workplace.collect(outputs, in: folder, to: endpoint)))
                    stopper.finish()
                }
                for await _ in stop {}
                group.cancelAll()
            }
        }
    }

    /// - Returns: `nil` if the attempt has been discarded meanwhile.
    mutating func collected(
        _ attempt: Worker.Attempt, _ left: Workplace.Left
    ) -> Worker.Event? {
        guard let held = attempts[attempt] else { return nil }
        let log = held.said.isEmpty ? nil : workplace.piece(held.said)
        if case .there = left.outputs { attempts[attempt]?.isTidy = held.hasSucceeded }
        riding.add(left.riding + (log.map { [$0] } ?? []), of: attempt)
        return .collected(attempt, Worker.Collected(outputs: left.outputs, log: log?.file))
    }

    mutating func discard(_ attempt: Worker.Attempt) {
        guard let held = attempts.removeValue(forKey: attempt) else { return }
        held.collecting?.finish()
        if !held.pins.isEmpty {
            errands.add { [workplace] in
                for pin in held.pins { await workplace.cache.release(pin) }
            }
        }
        let outputs = held.outputs.map(\.file)
        if held.isTidy {
            guard !folders.giveBack(held.folder, without: outputs) else { return }
        } else {
            folders.retire(held.folder)
        }
        let path = held.folder.path
        errands.add { try? FileManager.default.removeItem(atPath: path) }
    }
}
