import ErgonModel
import ErgonSystem
import ErgonTransfer
import ErgonWorker
import FoundationEssentials
import Logging

/// What the loop knows of an attempt that its core knows of.
struct AttemptInHand {
    let folder: PrivateFolders.Folder
    let outputs: [OutputSpec]
    let environment: TaskEnvironment
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
            guard let common = core.plan(of: attempt), let plan = common.task(attempt.task) else {
                throw WorkplaceFault("the lease does not fit its campaign")
            }
            let folder = try folders.take()
            var held = AttemptInHand(
                folder: folder, outputs: plan.outputs, environment: environment(of: common))
            defer { attempts[attempt] = held }
            if plan.readsNothing {
                held.command = try workplace.command(plan, common.lease, in: folder.path)
                pending.append(.prepared(attempt))
            } else {
                stage(attempt, plan, common.lease, in: folder.path)
            }
        } catch {
            Self.note(error, logger)
            pending.append(.prepareFailed(attempt, reason: error.reason))
        }
    }

    /// Most tasks are of the same lease as the one before.
    private mutating func environment(of plan: LeasePlan) -> TaskEnvironment {
        if let latest, latest.lease == plan.lease.id { return latest.environment }
        let environment = TaskEnvironment(plan.variables, path: workplace.searchPath)
        latest = (plan.lease.id, environment)
        return environment
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
        let folder = held.folder.path
        let event = launcher.start(
            Launcher.Request(
                attempt: attempt, arguments: CStrings(command.arguments),
                environment: held.environment.text(of: attempt.task, in: folder),
                path: workplace.searchPath, folder: folder))
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
