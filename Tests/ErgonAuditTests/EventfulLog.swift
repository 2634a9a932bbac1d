import ErgonModel

/// A campaign that was held and released, lost a worker, was sealed without task 2 of `reco`, and
/// then reopened from task 3 of `gen` on, so that `lines` had to be sized anew.
extension Fixture {
    static let eventful: [RecordedEvent] = numbered([
        .coordinatorStarted(epoch: 1, version: "0.1"),
        .workerJoined(worker),
        .campaignAccepted(
            AcceptedCampaign(id: CampaignID(1), name: "z-peak", manifest: manifest, by: "anna")),
        .campaignHeld(CampaignID(1), reason: "no power", by: "anna"),
        results("gen", 0..<4, outputs: 2),
        superseded("gen", 1..<2, report: 1),
        .campaignReleased(CampaignID(1), by: "anna"),
        results("gen.list/1", 0..<2, outputs: 1),
        results("gen.list/2", 0..<1, outputs: 1),
        .stageSized(CampaignID(1), stage: "lines", count: 3),
        .workerStands(worker.worker, .draining, by: "anna"),
        results("lines", 0..<2),
        lost("reco", 2),
        results("reco", 0..<2, outputs: 1),
        results("reco", 3..<4, outputs: 1),
        results("reco", 2..<3, .failed(.exit(3), isFinal: false)),
        results("reco", 2..<3, .failed(.exit(3), isFinal: true)),
        results("reco.mass/1", 0..<2, outputs: 1),
        results("reco.mass/2", 0..<1, outputs: 1),
        results("select", 0..<6),
        results("final", 0..<1, outputs: 1),
        .campaignSealed(firstSeal),
        superseded("lines", 1..<2, .failed(.stopped, isFinal: false), report: 2),
        reopened([("gen", 3..<4), ("gen.list/1", 1..<2), ("gen.list/2", 0..<1)]),
        reopened([
            ("lines", 0..<2), ("reco", 2..<4), ("reco.mass/1", 1..<2), ("reco.mass/2", 0..<1),
            ("final", 0..<1),
        ]),
        results("gen", 3..<4, outputs: 2),
        results("gen.list/1", 1..<2, outputs: 1),
        results("gen.list/2", 0..<1, outputs: 1),
        superseded("lines", 1..<2, .failed(.stopped, isFinal: false), report: 3),
        .stageSized(CampaignID(1), stage: "lines", count: 5),
        results("lines", 0..<3),
        results("reco", 2..<4, outputs: 1),
        results("reco.mass/1", 1..<2, outputs: 1),
        results("reco.mass/2", 0..<1, outputs: 1),
        results("final", 0..<1, outputs: 1),
        .campaignSealed(lastSeal),
    ])

    /// Where in the eventful log something stands.
    enum Place {
        static let held = 3
        static let gen = 4
        static let superseded = 5
        static let released = 6
        static let standing = 10
        static let lost = 12
        static let seal = 21
        static let reopened = 23
        static let reopenedRest = 24
        static let sizedAgain = 29
    }

    /// One attempt failed at no cost: that of the worker that was lost.
    private static var firstSeal: SealedCampaign {
        var seal = seal
        seal.coverage[2].gaps[0].reason = "task 2 failed: exit 3"
        seal.account = account(succeeded: 22, failed: 2, superseded: 1)
        seal.account.failed.attempts = 3
        return seal
    }

    static var lastSeal: SealedCampaign {
        var seal = seal
        seal.ending = .complete
        seal.outputs[1].file = "mass.txt"
        seal.outputs[1].missing = IntervalSet()
        seal.outputs[2].file = "plot.txt"
        seal.coverage[1].declared = 0..<5
        seal.coverage[1].covered = IntervalSet(0..<5)
        seal.coverage[2].covered = IntervalSet(0..<4)
        seal.coverage[2].gaps = []
        seal.account = account(succeeded: 33, failed: 2, superseded: 3)
        seal.account.failed.attempts = 3
        return seal
    }
}
