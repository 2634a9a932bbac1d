package import ErgonModel

/// The longest record: what an entry bundle of c2sp.org/tlog-tiles can hold, in bytes.
package let recordLimit = 65_535

/// One record as one line of RFC 8785 JSON without a newline (`docs/LOG.md`, "Records").
/// It is at most `recordLimit` long if the event comes from `fitted(_:)`.
/// - Parameter sequence: its place in the log, from 0.
/// - Precondition: the time of the record lies in the years 0000 to 9999.
package func encode(_ record: Record, sequence: Int) -> [UInt8] {
    var (type, members) = typeAndMembers(of: record.event)
    members["v"] = .integer(1)
    members["seq"] = exact(sequence)
    members["time"] = .string(record.time.timestamp)
    members["type"] = .string(type.rawValue)
    return Array(JSON.object(members).text().utf8)
}

/// The inverse of `encode(_:sequence:)`: anything that function would not have written is refused.
package func decode(
    _ bytes: [UInt8]
) throws(RecordFault) -> (sequence: Int, record: Record) {
    guard bytes.count <= recordLimit else { throw .tooLong(bytes.count) }
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
    let record = Record(time: time, event: try fields.event(of: type))
    try fields.finish()
    guard encode(record, sequence: sequence) == bytes else { throw .notCanonical }
    return (sequence, record)
}

private enum RecordType: String {
    case coordinatorStarted = "coordinator-started"
    case workerJoined = "worker-joined"
    case campaignAccepted = "campaign-accepted"
    case stageSized = "stage-sized"
    case results
    case campaignCancelled = "campaign-cancelled"
    case campaignSealed = "campaign-sealed"
}

private func typeAndMembers(of event: RecordedEvent) -> (RecordType, [String: JSON]) {
    switch event {
    case .coordinatorStarted(let epoch, let version):
        (.coordinatorStarted, ["epoch": exact(epoch), "version": .string(version)])
    case .workerJoined(let facts): (.workerJoined, members(of: facts))
    case .campaignAccepted(let accepted):
        (
            .campaignAccepted,
            [
                "campaign": exact(accepted.id.number), "name": .string(accepted.name),
                "manifest": .string(accepted.manifest.hex), "actor": .string(accepted.by),
            ]
        )
    case .stageSized(let campaign, let stage, let count):
        (
            .stageSized,
            ["campaign": exact(campaign.number), "stage": .string(stage), "count": exact(count)]
        )
    case .results(let batch): (.results, members(of: batch))
    case .campaignCancelled(let campaign, let by):
        (.campaignCancelled, ["campaign": exact(campaign.number), "actor": .string(by)])
    case .campaignSealed(let seal): (.campaignSealed, members(of: seal))
    }
}

private func members(of facts: WorkerFacts) -> [String: JSON] {
    [
        "worker": .string(facts.worker.name), "cpus": exact(facts.cpus),
        "memory": exact(facts.memory.bytes), "cpuModel": .string(facts.cpuModel),
        "power": .object([
            "source": .string(facts.power.source),
            "milliwattsPerThread": exact(facts.power.perThread.milliwatts),
            "uncertaintyPercent": exact(facts.power.uncertaintyPercent),
        ]),
    ]
}

extension Fields {
    fileprivate mutating func event(of type: RecordType) throws(RecordFault) -> RecordedEvent {
        switch type {
        case .coordinatorStarted:
            .coordinatorStarted(epoch: try count("epoch"), version: try string("version"))
        case .workerJoined: .workerJoined(try facts())
        case .campaignAccepted:
            .campaignAccepted(
                AcceptedCampaign(
                    id: CampaignID(try count("campaign")), name: try string("name"),
                    manifest: try digest("manifest"), by: try string("actor")))
        case .stageSized:
            .stageSized(
                CampaignID(try count("campaign")), stage: try string("stage"),
                count: try count("count"))
        case .results: .results(try batch())
        case .campaignCancelled:
            .campaignCancelled(CampaignID(try count("campaign")), by: try string("actor"))
        case .campaignSealed: .campaignSealed(try seal())
        }
    }

    private mutating func facts() throws(RecordFault) -> WorkerFacts {
        var power = try Fields(try value("power"), "power")
        let model = PowerModel(
            source: try power.string("source"),
            perThread: Watts(milliwatts: try power.int64("milliwattsPerThread")),
            uncertaintyPercent: try power.count("uncertaintyPercent"))
        try power.finish()
        return WorkerFacts(
            worker: WorkerID(try string("worker")), cpus: try count("cpus"),
            memory: ByteCount(try int64("memory")), cpuModel: try string("cpuModel"), power: model)
    }
}
