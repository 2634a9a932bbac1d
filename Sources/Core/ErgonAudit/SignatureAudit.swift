import ErgonModel
import ErgonProvenance

/// How many records of results stand behind a worker's signature.
package struct SignatureCounts: Hashable, Sendable {
    /// Signed, and what was signed is what stands there.
    package var good = 0
    /// Signed, but what was signed is more than what stands there, and not at hand.
    package var unchecked = 0
    /// By workers without a key, from before there were signatures.
    package var unsigned = 0

    package init() {}
}

/// Whether results on record are what the workers signed that reported them.
struct SignatureAudit {
    /// Records that say together what was signed at once.
    fileprivate struct Pending {
        var sequence: Int
        var records: Int
        var batch: ResultBatch
        var stage: Stage
    }

    private let statement: (Digest) -> [UInt8]?
    private var keys: [WorkerID: [ReportKey]] = [:]
    private var pending: Pending?
    private(set) var counts = SignatureCounts()
    /// What holds only if a signature does, which takes far longer than all the rest.
    private(set) var claims: [SignatureClaim] = []

    init(statement: @escaping (Digest) -> [UInt8]?) { self.statement = statement }

    mutating func join(_ facts: WorkerFacts, _ findings: inout Findings) {
        guard let signing = facts.signing else {
            if !keys.isEmpty {
                findings.add("worker \(facts.worker) joined without a key, others with one")
            }
            return
        }
        guard let key = ReportKey(compressed: signing.key) else {
            return findings.add("worker \(facts.worker) joined with a key that is none")
        }
        keys[facts.worker, default: []].append(key)
    }

    /// - Parameter stage: the batch's; `nil` if it is not known, which somebody else finds.
    mutating func add(_ batch: ResultBatch, _ stage: Stage?, _ findings: inout Findings) {
        guard let signature = batch.signature else {
            finish(&findings)
            if batch.report != nil { judgeUnsigned(batch, &findings) }
            return
        }
        guard let stage else { return }
        if let digest = signature.statement {
            finish(&findings)
            return judge(batch, stage, digest, &findings)
        }
        if pending?.continues(with: batch, stage) == true {
            pending?.batch.results += batch.results
            pending?.records += 1
        } else {
            finish(&findings)
            pending = Pending(
                sequence: findings.sequence, records: 1, batch: batch, stage: stage)
        }
    }

    private mutating func judgeUnsigned(_ batch: ResultBatch, _ findings: inout Findings) {
        if keys[batch.worker] == nil {
            counts.unsigned += 1
        } else {
            findings.add("results that worker \(batch.worker) did not sign")
        }
    }

    /// What was signed at once is all in.
    /// - Parameter isCut: a crash may have come before the last of it was on disk.
    mutating func finish(isCut: Bool = false, _ findings: inout Findings) {
        guard let whole = pending else { return }
        pending = nil
        claim(
            whole.batch, said: .all(whole.batch, whole.stage), at: whole.sequence,
            records: whole.records, mayBeCut: isCut, &findings)
    }

    mutating func takeClaims() -> [SignatureClaim] {
        defer { claims = [] }
        return claims
    }

    mutating func settle(_ claim: SignatureClaim, holds: Bool, _ findings: inout Findings) {
        switch (holds, claim.isAtHand, claim.mayBeCut) {
        case (true, true, _): counts.good += claim.records
        case (true, false, _), (false, _, true): counts.unchecked += claim.records
        case (false, _, false): findings.add(claim.otherwise, at: claim.sequence)
        }
    }

    private mutating func judge(
        _ batch: ResultBatch, _ stage: Stage, _ digest: Digest, _ findings: inout Findings
    ) {
        let bytes = statement(digest)
        if let bytes {
            guard Digest(of: bytes) == digest, let said = try? ReportStatement.batch(bytes),
                batch.isPart(of: said, stage)
            else { return findings.add(Self.falsified(batch)) }
        }
        claim(
            batch, said: .digest(digest), isAtHand: bytes != nil, at: findings.sequence,
            &findings)
    }

    private mutating func claim(
        _ batch: ResultBatch, said: SignatureClaim.Statement, isAtHand: Bool = true,
        at sequence: Int, records: Int = 1, mayBeCut: Bool = false, _ findings: inout Findings
    ) {
        let bytes = batch.signature?.bytes ?? []
        let claim = SignatureClaim(
            sequence: sequence, records: records,
            keys: (keys[batch.worker] ?? []).filter { bytes.starts(with: $0.mark) },
            signature: bytes, statement: said, isAtHand: isAtHand, mayBeCut: mayBeCut,
            otherwise: Self.falsified(batch))
        if claims.count < SignatureClaim.limit {
            claims.append(claim)
        } else {
            settle(claim, holds: claim.holds, &findings)
        }
    }

    private static func falsified(_ batch: ResultBatch) -> String {
        let report = batch.report.map { "\($0.life)/\($0.batch)" } ?? "none"
        return "campaign \(batch.campaign): \(batch.stage): not what worker \(batch.worker) signed "
            + "(report \(report))"
    }
}

extension SignatureAudit.Pending {
    /// Pieces of one record that was too long.
    fileprivate func continues(with next: ResultBatch, _ stage: Stage) -> Bool {
        batch.worker == next.worker && batch.report == next.report && batch.lease == next.lease
            && batch.campaign == next.campaign && self.stage == stage
            && batch.signature == next.signature
    }
}

extension ResultBatch {
    /// Whether all that stands here was said; what succeeded may count as failed, and what was
    /// superseded has lost its outputs; a meter's energy may be less than it was said to be.
    fileprivate func isPart(of said: ResultBatch, _ stage: Stage) -> Bool {
        guard said.campaign == campaign, said.stage == stage.numbers, said.worker == worker,
            said.lease == lease, said.report == report
        else { return false }
        var rest = said.results[...]
        for result in results.flatMap({ Array($0.singly) }) {
            while let first = rest.first, first.tasks.upperBound <= result.task {
                rest.removeFirst()
            }
            guard let first = rest.first, first.tasks.contains(result.task),
                result.mayStand(for: first.of(result.task..<result.task + 1))
            else { return false }
        }
        return true
    }
}

extension TaskResult {
    fileprivate func mayStand(for said: TaskResult) -> Bool {
        guard started == said.started, wall == said.wall, cpu == said.cpu, log == said.log,
            meter == said.meter, energy == said.energy || meter != nil && energy < said.energy
        else { return false }
        switch (outcome, said.outcome) {
        case (.succeeded, .succeeded): return outputs == said.outputs || outputs.isEmpty
        case (.failed(.missingOutput, _), .succeeded): return outputs.isEmpty
        case (.failed(let failure, _), .failed(let first, _)): return failure == first
        case (.succeeded, .failed), (.failed, .succeeded): return false
        }
    }
}
