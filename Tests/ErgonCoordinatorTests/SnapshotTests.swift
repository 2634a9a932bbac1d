import ErgonCoordinator
import ErgonModel
import Testing
import SeededRandom

/// What a restart reads in the place of the log's beginning.
@Suite("a snapshot") struct SnapshotTests {
    private static let seeds = UInt64(1)...60

    private func restored(_ bytes: [UInt8], _ chaos: Chaos) throws -> Coordinator {
        try Coordinator(snapshot: bytes, grace: .seconds(15)) { chaos.campaign(with: $0) }
    }

    @Test("answers as the coordinator does that it was taken of", arguments: seeds)
    func answers(seed: UInt64) throws {
        var chaos = Chaos(seed: seed)
        for _ in 0..<12 {
            for _ in 0..<12 { chaos.step() }
            let bytes = chaos.coordinator.snapshot()
            let restored = try restored(bytes, chaos)
            #expect(restored.snapshot() == bytes, "seed \(seed)")
            for id in chaos.endings.keys.sorted() {
                #expect(
                    restored.answers(about: id) == chaos.coordinator.answers(about: id),
                    "seed \(seed)")
            }
        }
    }

    /// The rest of the log leads to the same state from a snapshot as from the beginning.
    @Test("and the records after it are as good as all of them", arguments: seeds)
    func tail(seed: UInt64) throws {
        var chaos = Chaos(seed: seed)
        for _ in 0..<60 { chaos.step() }
        let (bytes, count) = (chaos.coordinator.snapshot(), chaos.log.count)
        for _ in 0..<90 { chaos.step() }
        var restored = try restored(bytes, chaos)
        for record in chaos.log[count...] {
            try restored.replay(record) { chaos.campaign(with: $0) }
        }
        for id in chaos.endings.keys.sorted() {
            #expect(
                restored.answers(about: id) == chaos.coordinator.answers(about: id), "seed \(seed)")
        }
        // From here on both do the same, save for what waits between two attempts.
        var fresh = try chaos.replayed()
        let later = Instant(microseconds: 1 << 50)
        #expect(
            restored.start(version: "1", now: later) == fresh.start(version: "1", now: later),
            "seed \(seed)")
    }

    /// It is a file: whatever stands in it, it is refused or read, and nothing stops.
    @Test("that was changed is refused or means something else", arguments: seeds)
    func changed(seed: UInt64) throws {
        var chaos = Chaos(seed: seed)
        for _ in 0..<100 { chaos.step() }
        let bytes = chaos.coordinator.snapshot()
        var dice = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var changed = bytes
            for _ in 0..<dice.roll(1...3) {
                let place = dice.roll(0...changed.count - 1)
                changed[place] = UInt8(dice.roll(0...255))
            }
            if dice.happens(20) { changed.removeLast(dice.roll(1...changed.count)) }
            do throws(ReplayFault) {
                _ = try Coordinator(snapshot: changed, grace: .seconds(15)) {
                    chaos.campaign(with: $0)
                }.snapshot()
            } catch { #expect(!error.problem.isEmpty) }
        }
    }

    @Test func `of another version is refused`() throws {
        var bytes = Coordinator().snapshot()
        bytes[0] &+= 1
        #expect(throws: ReplayFault.self) {
            try Coordinator(snapshot: bytes, grace: .seconds(15)) { _ in nil }
        }
    }
}
