import ErgonProvenance
import Testing

@testable import ErgonSimulation

/// A log with snapshots, a disk that fails, and what was acknowledged.
private struct BadDays {
    let disk: SimulatedDisk
    private var dice: Dice
    private var acknowledged: [[UInt8]] = []
    private var log: RecordLog<SimulatedDisk>?
    private(set) var lost: String?
    private(set) var (fullDays, snapshots, lostSnapshots) = (0, 0, 0)

    init(seed: UInt64) {
        disk = SimulatedDisk(dice: Dice(seed: seed, purpose: 1))
        dice = Dice(seed: seed, purpose: 2)
    }

    mutating func day() {
        disk.weather.failures = dice.pick([0, 0, 50, 400]) ?? 0
        disk.weather.crashes = dice.pick([0, 0, 100]) ?? 0
        disk.weather.isFull = dice.happens(1, in: 10)
        open()
        for _ in 0..<dice.roll(1...6) where log != nil { append() }
        log = nil
        if dice.happens(1, in: 3) { disk.losePower() }
        disk.restart()
    }

    private mutating func open() {
        var found: [[UInt8]] = []
        do throws(LogFault) {
            log = try RecordLog.open(
                on: disk, segmentSize: 100,
                restore: { snapshot, _ in
                    found = Self.unpacked(snapshot)
                    return true
                },
                recover: { found.append($1) })
        } catch {
            return meet(error)
        }
        if !found.starts(with: acknowledged) {
            lost = "\(acknowledged.count) were acknowledged, \(found.count) are there"
        }
        acknowledged = found
    }

    private mutating func append() {
        let payloads = (0..<dice.roll(1...3)).map { _ in
            [UInt8](repeating: UInt8(dice.roll(0...255)), count: dice.roll(1...40))
        }
        while let log {
            do throws(LogFault) {
                _ = try log.append(payloads)
                acknowledged += payloads
                return writeSnapshot()
            } catch {
                guard case .system(let fault) = error, fault.isFull else { return self.log = nil }
                // Somebody makes room; if nobody does, the same comes next time.
                disk.weather.isFull = dice.happens(1, in: 2)
                fullDays += 1
            }
        }
    }

    /// If that fails, there is none; and the log goes on.
    private mutating func writeSnapshot() {
        guard let log, let start = log.segmentStart, dice.happens(2, in: 3) else { return }
        do throws(LogFault) {
            try log.shelf.write(Self.packed(acknowledged), at: start)
            snapshots += 1
        } catch { lostSnapshots += 1 }
    }

    private static func packed(_ payloads: [[UInt8]]) -> [UInt8] {
        payloads.flatMap { [UInt8($0.count)] + $0 }
    }

    private static func unpacked(_ bytes: [UInt8]) -> [[UInt8]] {
        var (payloads, rest): ([[UInt8]], ArraySlice<UInt8>) = ([], bytes[...])
        while let count = rest.popFirst() {
            payloads.append(Array(rest.prefix(Int(count))))
            rest = rest.dropFirst(Int(count))
        }
        return payloads
    }

    private mutating func meet(_ fault: LogFault) {
        switch fault {
        case .system: break
        case .damaged(let damage) where damage.place.sequence >= acknowledged.count:
            guard let name = disk.hole, damage.place.segment.hasSuffix(name) else { fallthrough }
            disk.truncateByHand(name, to: damage.place.offset)
        default: lost = fault.problem
        }
    }

    /// All is well again.
    mutating func end() {
        disk.losePower()
        disk.weather = SimulatedDisk.Weather()
        open()
        if log == nil { open() }
        if log == nil, lost == nil { lost = "the log does not open" }
    }
}

@Test func `what was acknowledged is there, whatever the disk does`() {
    var (fullDays, snapshots, lostSnapshots) = (0, 0, 0)
    for seed in UInt64(1)...600 {
        var days = BadDays(seed: seed)
        for _ in 0..<12 where days.lost == nil { days.day() }
        if days.lost == nil { days.end() }
        #expect(days.lost == nil, "seed \(seed)")
        fullDays += days.fullDays
        snapshots += days.snapshots
        lostSnapshots += days.lostSnapshots
    }
    #expect(fullDays > 100 && snapshots > 1000 && lostSnapshots > 100)
}

@Test func `only what was synced is sure to survive a power loss`() throws {
    var lefts: Set<[UInt8]> = []
    for seed in UInt64(1)...50 {
        let disk = SimulatedDisk(dice: Dice(seed: seed))
        try disk.replace("a", with: [1, 2, 3])
        let file = try #require(try disk.open("a"))
        try file.write([4, 5, 6, 7], at: 3)
        _ = try disk.create("b")
        #expect(try disk.content(of: "a") == [1, 2, 3, 4, 5, 6, 7])
        disk.losePower()
        let left = try #require(try disk.content(of: "a"))
        #expect(left.starts(with: [1, 2, 3]) && left.count <= 7)
        lefts.insert(left)
    }
    #expect(lefts.contains([1, 2, 3]) && lefts.contains { $0.count > 3 } && lefts.count > 4)
}
