import ErgonModel
import ErgonProvenance
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
    /// Which programs take it, if they take task after task.
    let kind: WarmProcess.Kind?
    /// Once all it reads is there.
    var staged: Workplace.Staged?
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
    mutating func load(_ manifest: StoredFile) {
        let (workplace, endpoint, inbox, logger) = (workplace, endpoint, inbox, logger)
        let text = told.flatMap { Digest(of: $0) == manifest.digest ? $0 : nil }
        if let text, let campaign = workplace.loadAtOnce(text, manifest.digest) {
            return pending.append(.loaded(manifest.digest, campaign))
        }
        errands.add {
            do throws(WorkplaceFault) {
                let campaign = try await workplace.load(manifest, text, from: endpoint)
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
                folder: folder, outputs: plan.outputs, environment: environment(of: common),
                kind: WarmProcess.Kind(common))
            defer { attempts[attempt] = held }
            if plan.readsNothing {
                held.staged = try workplace.staged(plan, common, in: folder.path)
                pending.append(.prepared(attempt))
            } else {
                stage(attempt, plan, common, in: folder.path)
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
        _ attempt: Worker.Attempt, _ plan: TaskPlan, _ common: LeasePlan, in folder: String
    ) {
        let (workplace, endpoint, inbox, logger) = (workplace, endpoint, inbox, logger)
        errands.add {
            do throws(WorkplaceFault) {
                let staged = try await workplace.stage(plan, common, in: folder, from: endpoint)
                inbox.post(.prepared(attempt, staged))
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
        guard let held = attempts[attempt], let staged = held.staged else { return }
        if let kind = held.kind { return startWarm(attempt, held, staged, kind) }
        makeRoom()
        let environment = held.environment.text(of: attempt.task, in: held.folder.path)
        switch launcher.start(request(attempt, staged, environment, in: held.folder)) {
        case .failed(let event): pending.append(event)
        case .running:
            attempts[attempt]?.isTidy = false
            pending.append(.started(attempt))
        }
    }

    func request(
        _ attempt: Worker.Attempt, _ staged: Workplace.Staged, _ environment: CStrings,
        in folder: PrivateFolders.Folder
    ) -> Launcher.Request {
        Launcher.Request(
            attempt: attempt, arguments: CStrings(staged.command.arguments),
            environment: environment, path: workplace.searchPath, folder: folder.path)
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
        release(held.staged?.pins ?? [])
        let outputs = held.outputs.map(\.file)
        if held.isTidy {
            if !folders.giveBack(held.folder, without: outputs) { remove(held.folder) }
        } else {
            folders.retire(held.folder)
            remove(held.folder)
        }
    }

    func release(_ pins: [FileCache.Pin]) {
        guard !pins.isEmpty else { return }
        errands.add { [workplace] in for pin in pins { await workplace.cache.release(pin) } }
    }

    func remove(_ folder: PrivateFolders.Folder) {
        errands.add { try? FileManager.default.removeItem(atPath: folder.path) }
    }
}
