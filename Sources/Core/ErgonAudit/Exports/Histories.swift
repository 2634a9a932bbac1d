package import ErgonModel
import ErgonProvenance

/// Gathers what a log says of each of its campaigns, record by record. It judges nothing: whether
/// the records are right is for `Audit` to say.
package struct Histories {
    /// In the order of their numbers; without those whose manifest cannot be read.
    package var all: [CampaignHistory] {
        histories.values.sorted { $0.accepted.id < $1.accepted.id }
    }
    private var histories: [CampaignID: CampaignHistory] = [:]
    private var workers: [WorkerID: WorkerFacts] = [:]
    private var version = ""
    private let origin: String
    private let campaign: (Digest) -> Campaign?

    /// - Parameters:
    ///   - origin: of the log's checkpoints.
    ///   - campaign: as for `Audit`.
    package init(origin: String, campaign: @escaping (Digest) -> Campaign?) {
        self.origin = origin
        self.campaign = campaign
    }

    /// The next record of the log, and its bytes.
    package mutating func add(_ record: Record, _ sequence: Int, bytes: [UInt8]) {
        var logged: LoggedRecord {
            LoggedRecord(sequence: sequence, time: record.time, digest: Digest(of: bytes))
        }
        switch record.event {
        case .coordinatorStarted(_, let version): self.version = version
        case .workerJoined(let facts): workers[facts.worker] = facts
        case .campaignAccepted(let accepted):
            guard let spec = campaign(accepted.manifest) else { return }
            histories[accepted.id] = CampaignHistory(
                accepted, spec, origin: origin, version: version, acceptance: logged)
        case .results(let batch):
            histories[batch.campaign]?.add(batch, by: workers[batch.worker], isSuperseded: false)
        case .superseded(let batch):
            histories[batch.campaign]?.add(batch, by: workers[batch.worker], isSuperseded: true)
        case .campaignReopened(let reopened): histories[reopened.id]?.reopen(reopened)
        case .campaignSealed(let seal): histories[seal.id]?.end(seal, logged)
        case .stageSized, .campaignHeld, .campaignReleased, .campaignCancelled, .campaignForgotten,
            .resultsReused, .workerStands, .policyInForce, .policyDecided, .approved,
            .energyMetered, .planAdopted, .logRepaired:
            break
        }
    }
}
