package import ErgonModel

/// The longest record: what an entry bundle of c2sp.org/tlog-tiles can hold, in bytes.
package let recordLimit = 65_535

/// One record as one line of RFC 8785 JSON without a newline (`docs/LOG.md`, "Records").
/// It is at most `recordLimit` long if the event comes from `fitted(_:)`.
/// - Parameter sequence: its place in the log, from 0.
/// - Precondition: the time of the record lies in the years 0000 to 9999.
package func encode(_ record: Record, sequence: Int) -> [UInt8] {
    let (type, body) = typeAndBody(of: record.event)
    switch body {
    case .columns(let batch):
        return BatchText(batch, type: type.rawValue, at: record.time, sequence: sequence).bytes
    case .members(var members):
        members["v"] = .integer(1)
        members["seq"] = exact(sequence)
        members["time"] = .string(record.time.timestamp)
        members["type"] = .string(type.rawValue)
        return Array(JSON.object(members).text().utf8)
    }
}

/// The inverse of `encode(_:sequence:)`: anything that function would not have written is refused.
package func decode(
    _ bytes: [UInt8]
) throws(RecordFault) -> (sequence: Int, record: Record) {
    guard bytes.count <= recordLimit else { throw .tooLong(bytes.count) }
    var fault = RecordFault.notCanonical
    do throws(RecordFault) {
        if let text = try BatchText(bytes), let type = RecordType(rawValue: text.type),
            let event = type.event(of: try text.batch())
        {
            guard text.bytes == bytes else { throw .notCanonical }
            return (text.sequence, Record(time: text.time, event: event))
        }
    } catch { fault = error }
    let (sequence, record) = try parsed(bytes, ifBatch: fault)
    guard encode(record, sequence: sequence) == bytes else { throw .notCanonical }
    return (sequence, record)
}

/// Any record but a batch, by way of JSON values.
/// - Parameter fault: why it could not be read, if it is a batch; but what is wrong with its
///   members as a whole says more.
private func parsed(
    _ bytes: [UInt8], ifBatch fault: RecordFault
) throws(RecordFault) -> (sequence: Int, record: Record) {
    let value: JSON
    do {
        value = try JSON(parsing: bytes)
    } catch {
        throw .notJSON(error)
    }
    var fields = try Fields(value, "record")
    let version = try fields.value("v")
    guard version == .integer(1) else { throw .unknownVersion(version.text()) }
    let sequence = try fields.count("seq")
    guard let time = Instant(timestamp: try fields.string("time")) else {
        throw .malformed("time")
    }
    let name = try fields.string("type")
    guard let type = RecordType(rawValue: name) else { throw .unknownType(name) }
    let record = Record(time: time, event: try fields.event(of: type, ifBatch: fault))
    try fields.finish()
    return (sequence, record)
}

private enum RecordType: String {
    case coordinatorStarted = "coordinator-started"
    case workerJoined = "worker-joined"
    case campaignAccepted = "campaign-accepted"
    case stageSized = "stage-sized"
    case resultsReused = "results-reused"
    case results
    case superseded
    case campaignHeld = "campaign-held"
    case campaignReleased = "campaign-released"
    case campaignReopened = "campaign-reopened"
    case campaignCancelled = "campaign-cancelled"
    case campaignSealed = "campaign-sealed"
    case campaignForgotten = "campaign-forgotten"
    case workerStanding = "worker-standing"
    case policyInForce = "policy-in-force"
    case policyDecided = "policy-decided"
    case approved
    case planAdopted = "plan-adopted"
    case energyMetered = "energy"
    case logRepaired = "log-repaired"

    /// `nil` if this is no type of batches.
    func event(of batch: ResultBatch) -> RecordedEvent? {
        switch self {
        case .results: .results(batch)
        case .superseded: .superseded(batch)
        case .coordinatorStarted, .workerJoined, .campaignAccepted, .resultsReused, .stageSized,
            .campaignHeld,
            .campaignReleased, .campaignReopened, .campaignCancelled, .campaignSealed,
            .campaignForgotten, .workerStanding, .policyInForce, .policyDecided, .approved,
            .energyMetered, .planAdopted, .logRepaired:
            nil
        }
    }
}

/// What there is beside the members of every record.
private enum Body {
    case members([String: JSON])
    /// Most of the log: written and read without building JSON values.
    case columns(ResultBatch)
}

private func typeAndBody(of event: RecordedEvent) -> (RecordType, Body) {
    switch event {
    case .coordinatorStarted(let epoch, let version):
        let members = ["epoch": exact(epoch), "version": .string(version)]
        return (.coordinatorStarted, .members(members))
    case .workerJoined(let facts): return (.workerJoined, .members(members(of: facts)))
    case .campaignAccepted(let accepted):
        return (.campaignAccepted, .members(members(of: accepted)))
    case .stageSized(let campaign, let stage, let count):
        let members = [
            "campaign": exact(campaign.number), "stage": .string(stage), "count": exact(count),
        ]
        return (.stageSized, .members(members))
    case .resultsReused(let reused): return (.resultsReused, .members(members(of: reused)))
    case .results(let batch): return (.results, .columns(batch))
    case .superseded(let batch): return (.superseded, .columns(batch))
    case .campaignHeld(let campaign, let reason, let by):
        let members = members(campaign, by: by).merging(["reason": .string(reason)]) { $1 }
        return (.campaignHeld, .members(members))
    case .campaignReleased(let campaign, let by):
        return (.campaignReleased, .members(members(campaign, by: by)))
    case .campaignReopened(let reopened):
        return (.campaignReopened, .members(members(of: reopened)))
    case .campaignCancelled(let campaign, let by):
        return (.campaignCancelled, .members(members(campaign, by: by)))
    case .campaignSealed(let seal): return (.campaignSealed, .members(members(of: seal)))
    case .campaignForgotten(let campaign, let by):
        return (.campaignForgotten, .members(members(campaign, by: by)))
    case .workerStands(let worker, let standing, let by):
        return (.workerStanding, .members(members(of: standing, of: worker, by: by)))
    case .policyInForce(let policy):
        let members = policy.map { ["policy": JSON.string($0.hex)] } ?? [:]
        return (.policyInForce, .members(members))
    case .policyDecided(let recorded):
        return (.policyDecided, .members(members(of: recorded)))
    case .approved(let approval): return (.approved, .members(members(of: approval)))
    case .planAdopted(let plan): return (.planAdopted, .members(members(of: plan)))
    case .energyMetered(let energy): return (.energyMetered, .members(members(of: energy)))
    case .logRepaired(let givenUp): return (.logRepaired, .members(members(of: givenUp)))
    }
}

extension Fields {
    fileprivate mutating func event(
        of type: RecordType, ifBatch fault: RecordFault
    ) throws(RecordFault) -> RecordedEvent {
        switch type {
        case .coordinatorStarted:
            .coordinatorStarted(epoch: try count("epoch"), version: try string("version"))
        case .workerJoined: .workerJoined(try facts())
        case .campaignAccepted: .campaignAccepted(try accepted())
        case .stageSized:
            .stageSized(try campaign(), stage: try string("stage"), count: try count("count"))
        case .resultsReused: .resultsReused(try reused())
        case .results, .superseded:
            try takeBatch()
            throw fault
        case .campaignHeld:
            .campaignHeld(try campaign(), reason: try string("reason"), by: try string("actor"))
        case .campaignReleased: .campaignReleased(try campaign(), by: try string("actor"))
        case .campaignReopened: .campaignReopened(try reopened())
        case .campaignCancelled: .campaignCancelled(try campaign(), by: try string("actor"))
        case .campaignSealed: .campaignSealed(try seal())
        case .campaignForgotten: .campaignForgotten(try campaign(), by: try string("actor"))
        case .workerStanding:
            .workerStands(
                WorkerID(try string("worker")), try standing(), by: try string("actor"))
        case .policyInForce:
            .policyInForce(
                try optional("policy").map { value throws(RecordFault) in
                    guard let digest = value.string.flatMap({ Digest(hex: $0) }) else {
                        throw RecordFault.malformed("policy")
                    }
                    return digest
                })
        case .policyDecided: .policyDecided(try decision())
        case .approved: .approved(try approval())
        case .planAdopted: .planAdopted(try plan())
        case .energyMetered: .energyMetered(try energy())
        case .logRepaired: .logRepaired(try givenUp())
        }
    }
}
