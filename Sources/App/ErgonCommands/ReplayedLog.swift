import ErgonAudit
import ErgonCoordinatorService
import ErgonModel
import ErgonProvenance
import ErgonStorage

/// The log of a coordinator on this machine, as it grows while tasks are run again.
struct ReplayedLog: Sendable {
    struct Target: Sendable {
        var id: CampaignID
        var spec: Campaign
    }

    private let home: CoordinatorHome

    init(home: HomeOption) { self.home = CoordinatorHome(folder: home.folder) }

    var content: String { home.content }

    /// Goes through all records that are on disk by now.
    func read(_ body: (RecordedEvent) throws -> Void) throws -> SignedNote? {
        var reader = try LogReader(home.log)
        while let item = try reader.next() {
            guard case .record(_, let bytes) = item else { continue }
            try body(try decode(bytes).record.event)
        }
        return reader.checkpoint
    }

    /// A campaign that ran tasks of its own, by number or name.
    func find(_ campaign: String) throws -> Target {
        var found: AcceptedCampaign?
        _ = try read { event in
            guard case .campaignAccepted(let accepted) = event, accepted.replay == nil else {
                return
            }
            if campaign == "last" || accepted.name == campaign || "\(accepted.id)" == campaign {
                found = accepted
            }
        }
        guard let found, let spec = storedCampaign(found.manifest, in: content) else {
            throw CommandFault(
                place: campaign, problem: "the log has no such campaign, or not its manifest",
                remedy: "`ergon audit show` lists what there is")
        }
        return Target(id: found.id, spec: spec)
    }

    /// Who did what, and what the tasks are drawn from: the last checkpoint and what witnesses have
    /// signed of it.
    func makers(
        of campaign: CampaignID
    ) throws -> (Makers, Rerun.Draw, cosignatures: [[UInt8]]) {
        var makers = Makers(of: campaign)
        guard let note = try read({ makers.add($0) }) else {
            throw CommandFault(
                place: home.log, problem: "the log has no checkpoint to draw from",
                remedy: "let its coordinator run for a moment: it signs one every second",
                exit: Exit.no)
        }
        let head = try Checkpoint(parsing: note.text).head
        let cosignatures = note.signatures.dropFirst().map(\.bytes)
        return (makers, Rerun.Draw(size: head.size, root: head.root), Array(cosignatures))
    }
}
