import Testing

@testable import ErgonProvenance

/// A log that is cut off somewhere, and what becomes of what is behind it.
@Suite struct Repair {
    let small: SmallLog
    private let folder = "given-up"
    private let record = Array("what was given up".utf8)

    init() throws { small = try SmallLog() }

    private var segments: [String] { small.disk.allNames.filter { $0.hasPrefix("segment") } }

    /// Where record `sequence` stands.
    private func place(of sequence: Int) throws -> (name: String, offset: Int) {
        var reader = try RecordLogReader(of: small.disk)
        while let item = try reader.next() {
            guard case .record(let place, _) = item, place.sequence == sequence else { continue }
            return (String(place.segment.dropFirst(4)), place.offset)
        }
        throw RepairFault.behindEnd("log", count: small.payloads.count, kept: sequence)
    }

    private func damage(_ sequence: Int) throws {
        let (name, offset) = try place(of: sequence)
        small.disk[name]?[offset + Frame.headerCount] ^= 1
    }

    /// The bytes of all segments, however they were cut up and put aside.
    private func bytes(_ disk: MemoryDisk) -> [UInt8] {
        disk.allNames.filter { $0.contains("segment") }.sorted {
            $0.split(separator: "/").last ?? "" < $1.split(separator: "/").last ?? ""
        }.reduce(into: []) { $0 += disk[$1] ?? [] }
    }

    @Test func `any number of records can be kept, and nothing is lost`() throws {
        for kept in small.payloads.indices {
            let disk = small.disk.copy()
            let repair = try LogRepair(of: disk, keeping: kept)
            #expect(repair.records == kept..<small.payloads.count)
            #expect(repair.givesUpCheckpoint == (kept < 9))
            try repair.carryOut(into: folder, record: record)
            let opened = try Opened(disk)
            #expect(opened.state == small.payloads[..<kept] + [record], "kept \(kept)")
            #expect(disk["checkpoint"] == (kept < 9 ? nil : small.disk["checkpoint"]))
            let frame = Frame.bytes(record, sequence: kept)
            #expect(bytes(disk).count == bytes(small.disk).count + frame.count)
            let aside = disk.allNames.filter { $0.hasPrefix(folder) && $0.contains("segment") }
            #expect(aside.reduce(0) { $0 + (disk[$1]?.count ?? 0) } == repair.bytes)
            for name in aside where !name.contains("from") {
                #expect(disk[name] == small.disk[String(name.dropFirst(folder.count + 1))])
            }
        }
    }

    @Test func `a record that is damaged is given up with all behind it`() throws {
        try damage(7)
        #expect(throws: LogFault.self) { try Opened(small.disk) }
        let repair = try LogRepair(of: small.disk, keeping: 7)
        #expect(repair.records == 7..<small.payloads.count)
        try repair.carryOut(into: folder, record: record)
        #expect(try Opened(small.disk).state == small.payloads[..<7] + [record])
    }

    @Test func `what is behind damage cannot be kept, nor what is not there`() throws {
        let count = small.payloads.count
        #expect(throws: RepairFault.nothingToGiveUp("log", count: count)) {
            try LogRepair(of: small.disk, keeping: count)
        }
        #expect(throws: RepairFault.behindEnd("log", count: count, kept: count + 1)) {
            try LogRepair(of: small.disk, keeping: count + 1)
        }
        try damage(7)
        let before = small.disk.copy()
        for kept in [8, 9, count, count + 1] {
            do throws(RepairFault) {
                _ = try LogRepair(of: small.disk, keeping: kept)
                Issue.record("\(kept) kept")
            } catch {
                guard case .behindDamage(let damage, kept) = error else { throw error }
                #expect(damage.place.sequence == 7 && error.remedy == "keep at most 7")
            }
        }
        #expect(before.allNames.allSatisfy { before[$0] == small.disk[$0] })
    }

    @Test func `what cannot be read any more counts as far as the checkpoint goes`() throws {
        let (name, offset) = try place(of: 4)
        for later in segments where later > name { small.disk[later] = nil }
        small.disk[name]?.removeSubrange(offset...)
        #expect(try LogRepair(of: small.disk, keeping: 4).records == 4..<9)
    }

    @Test func `a missing segment, a damaged header and a torn end are cut off`() throws {
        let name = segments[2]
        let first = try #require(firstSequence(ofSegment: name))
        let (lost, spoilt) = (small.disk.copy(), small.disk.copy())
        lost[name] = nil
        spoilt[name]?[9] ^= 1
        for disk in [lost, spoilt] {
            try LogRepair(of: disk, keeping: first).carryOut(into: folder, record: record)
            #expect(try Opened(disk).state == small.payloads[..<first] + [record])
        }
        let torn = small.disk.copy()
        let last = try #require(segments.last)
        let count = small.payloads.count
        torn[last] = (torn[last] ?? []) + Frame.bytes(record, sequence: count).dropLast()
        let repair = try LogRepair(of: torn, keeping: count)
        #expect(repair.records.isEmpty && repair.bytes == 8 + record.count - 1)
        try repair.carryOut(into: folder, record: record)
        #expect(try Opened(torn).state == small.payloads + [record])
    }

    @Test func `a checkpoint that is not the log's is given up, and no record`() throws {
        let count = small.payloads.count
        let other = MemoryDisk()
        var opened = try Opened(other)
        for number in 0..<count + 9 {
            try opened.append([UInt8(number)])
            if [6, count + 9].contains(number + 1) {
                try opened.writeCheckpoint()
                let disk = small.disk.copy()
                disk["checkpoint"] = other["checkpoint"]
                let repair = try LogRepair(of: disk, keeping: count)
                #expect(repair.givesUpCheckpoint && repair.bytes == 0)
                try repair.carryOut(into: folder, record: record)
                #expect(try Opened(disk).state == small.payloads + [record])
                #expect(disk["\(folder)/checkpoint"] == other["checkpoint"])
            }
        }
        small.disk["checkpoint"] = [1, 2, 3]
        #expect(try LogRepair(of: small.disk, keeping: count).givesUpCheckpoint)
    }

    /// It can be cut off at any step; then it is done again.
    @Test(arguments: [true, false])
    func `a repair that is interrupted is refused, or done`(isCheckpointThere: Bool) throws {
        try damage(7)
        if !isCheckpointThere { small.disk["checkpoint"] = nil }
        for steps in 0..<100 {
            let disk = small.disk.copy()
            let repair = try LogRepair(of: disk, keeping: 7)
            disk.changesLeft = steps
            let isDone: Bool
            do throws(LogFault) {
                try repair.carryOut(into: folder, record: record)
                isDone = true
            } catch { isDone = false }
            disk.changesLeft = .max
            let left = disk.copy()
            do throws(LogFault) {
                let opened = try Opened(left)
                #expect(opened.state == small.payloads[..<7] + [record], "\(steps) steps")
            } catch {
                guard case .damaged = error else { throw error }
                #expect(!isDone)
                let kept = try Survey.keepable(disk)
                try LogRepair(of: disk, keeping: kept).carryOut(into: "again", record: record)
                #expect(try Opened(disk).state.prefix(7) == small.payloads[..<7])
            }
            if isDone { return }
        }
        Issue.record("not done after 100 steps")
    }

    @Test func `a log of which nothing can be kept begins anew`() throws {
        small.disk[segments[0]]?[0] ^= 1
        let repair = try LogRepair(of: small.disk, keeping: 0)
        #expect(repair.records == 0..<small.payloads.count)
        try repair.carryOut(into: folder, record: record)
        #expect(try Opened(small.disk).state == [record])
    }
}

private enum Survey {
    /// How many records there are before the first damage.
    static func keepable(_ disk: MemoryDisk) throws -> Int {
        var reader = try RecordLogReader(of: disk)
        while let item = try reader.next() {
            if case .damage(let damage) = item { return damage.place.sequence }
        }
        return reader.head.size
    }
}
