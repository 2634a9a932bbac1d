import ErgonModel
import Testing

@testable import ErgonProvenance

/// Whatever happens to the bytes of a log: it is refused and the place is named, or it is what it
/// was, up to a record at the end. With snapshots, which stand for some of the records, it is the
/// same as without.
@Suite(.serialized) struct Damage {
    private static func log(_ snapshots: Bool) throws -> SmallLog {
        let log = try SmallLog(snapshots: snapshots)
        try #require(log.disk.allNames.filter { $0.hasPrefix("segment") }.count > 4)
        try #require(log.disk.allNames.filter { $0.hasPrefix("snapshot") }.count == 2 || !snapshots)
        try #require(try Opened(log.disk).state == log.payloads)
        return log
    }

    private enum Reading {
        case state([[UInt8]], RecordLog<MemoryDisk>.Opening)
        case damage(LogDamage)
    }

    private func open(_ disk: MemoryDisk) throws -> Reading {
        do throws(LogFault) {
            let opened = try Opened(disk)
            return .state(opened.state, opened.log.opening)
        } catch {
            guard case .damaged(let damage) = error else { throw error }
            #expect(!error.remedy.isEmpty)
            return .damage(damage)
        }
    }

    @Test(arguments: [true, false])
    func `every flipped byte is named where it is, or does not matter`(snapshots: Bool) throws {
        let log = try Self.log(snapshots)
        for name in log.disk.allNames {
            let whole = try #require(log.disk[name])
            for place in whole.indices {
                let disk = log.disk.copy()
                var bytes = whole
                bytes[place] ^= 255
                disk[name] = bytes
                switch try open(disk) {
                case .state(let state, let opening):
                    #expect(!name.hasPrefix("segment"), "byte \(place) of \(name) passed")
                    #expect(state == log.payloads)
                    let unused = opening.unusedSnapshots.map(\.path)
                    let isNewest = name == disk.allNames.last { $0.hasPrefix("snapshot") }
                    #expect(!isNewest || unused == ["log/\(name)"])
                case .damage(let damage):
                    #expect(!name.hasPrefix("snapshot"), "byte \(place) of \(name)")
                    #expect(damage.place.segment == "log/\(name)")
                    #expect(damage.place.offset <= place)
                    #expect(disk[name] == bytes)
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `cut off anywhere, whole records are left, or it is refused`(snapshots: Bool) throws {
        let log = try Self.log(snapshots)
        let last = log.disk.allNames.last { $0.hasPrefix("segment") }
        for name in log.disk.allNames {
            let whole = try #require(log.disk[name])
            for length in whole.indices {
                let disk = log.disk.copy()
                disk[name] = Array(whole[..<length])
                switch try open(disk) {
                case .state(let state, let opening):
                    #expect(!name.hasPrefix("segment") || name == last, "\(length) of \(name)")
                    #expect(log.payloads.starts(with: state))
                    #expect(state.count == log.payloads.count || name == last)
                    let torn = opening.tornTail?.count ?? 0
                    #expect(disk[name]?.count == length - torn)
                case .damage(let damage):
                    #expect(!name.hasPrefix("snapshot"), "\(length) of \(name)")
                    #expect(damage.place.segment == "log/\(name)" || damage.isMissing)
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `a block of zeros is named, or was never acknowledged`(snapshots: Bool) throws {
        let log = try Self.log(snapshots)
        for name in log.disk.allNames where name.hasPrefix("segment") {
            let whole = try #require(log.disk[name])
            for start in stride(from: 0, to: whole.count, by: 61) {
                let disk = log.disk.copy()
                let end = min(start + 256, whole.count)
                disk[name] =
                    whole[..<start] + Array(repeating: 0, count: end - start) + whole[end...]
                if whole[start..<end].allSatisfy({ $0 == 0 }) { continue }
                switch try open(disk) {
                case .state(let state, let opening):
                    #expect(end == whole.count && opening.tornTail != nil, "\(start) of \(name)")
                    #expect(log.payloads.starts(with: state))
                case .damage(let damage):
                    #expect(damage.place.segment == "log/\(name)")
                    #expect(damage.place.offset < end)
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `no segment can be lost, doubled, moved or exchanged`(snapshots: Bool) throws {
        let log = try Self.log(snapshots)
        let names = log.disk.allNames.filter { $0.hasPrefix("segment") }
        for name in names.dropLast() {
            let disk = log.disk.copy()
            disk[name] = nil
            guard case .damage(let damage) = try open(disk), damage.isMissing else {
                Issue.record("without \(name)")
                continue
            }
        }
        for (one, other) in names.flatMap({ one in names.map { (one, $0) } }) where one != other {
            let swapped = log.disk.copy()
            (swapped[one], swapped[other]) = (log.disk[other], log.disk[one])
            let doubled = log.disk.copy()
            doubled[other] = log.disk[one]
            let moved = log.disk.copy()
            (moved[one], moved[segmentName(first: 999)]) = (nil, log.disk[one])
            let twice = log.disk.copy()
            twice[segmentName(first: 999)] = log.disk[one]
            for disk in [swapped, doubled, moved, twice] {
                guard case .damage = try open(disk) else {
                    Issue.record("\(one) and \(other)")
                    continue
                }
            }
        }
    }

    /// Nobody hashes the records of such a segment, but its header gives it away.
    @Test func `a segment of another log is found out though nobody folds it`() throws {
        let log = try Self.log(true)
        let other = MemoryDisk()
        var opened = try Opened(other)
        for payload in log.payloads { try opened.append(payload.dropLast() + [0x7e]) }
        let names = log.disk.allNames.filter { $0.hasPrefix("segment") }
        let starts = names.compactMap(firstSequence)
        let place = try #require(
            starts.indices.dropFirst().dropLast(2).first {
                starts[$0].leadingZeroBitCount == starts[$0 + 1].leadingZeroBitCount
            })
        log.disk[names[place]] = other[names[place]]
        guard case .damage(let damage) = try open(log.disk) else {
            Issue.record("passed")
            return
        }
        #expect(damage.problem == .notChained)
    }
}

@Test func `a tree that does not grow out of another is told from one that does`() {
    func frontier(_ size: Int, first: UInt8 = 0) -> MerkleFrontier {
        var frontier = MerkleFrontier()
        for leaf in 0..<size { frontier.append(leafHash(leaf == 0 ? [first] : [UInt8(leaf)])) }
        return frontier
    }
    for size in 0...33 {
        for later in 0...33 {
            #expect(frontier(size).mayGrow(to: frontier(later)) == (size <= later))
            // The first leaf is in the largest subtree: it shows if that is the same one.
            let shows = size > 0 && size.leadingZeroBitCount == later.leadingZeroBitCount
            let isOther = !frontier(size, first: 7).mayGrow(to: frontier(later))
            #expect(isOther == (shows || size > later), "\(size) and \(later)")
        }
    }
}

extension LogDamage {
    fileprivate var isMissing: Bool { if case .missing = problem { true } else { false } }
}
