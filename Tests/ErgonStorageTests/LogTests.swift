import ErgonModel
import Foundation
import Testing

@testable import ErgonProvenance
@testable import ErgonStorage

/// Different lengths, so that no frame can pass for another.
func payload(_ number: Int) -> [UInt8] {
    Array("record \(number) ".utf8) + Array(repeating: 7, count: number)
}

/// A log of `count` records in `folder`, a segment for about each three of them.
func writeLog(_ folder: TemporaryFolder, _ count: Int, segmentSize: Int = 120) throws {
    let log = try LogSegments.open(folder.path, segmentSize: segmentSize) { _, _ in }
    for number in log.nextSequence..<count { _ = try log.append([payload(number)]) }
}

func recovered(_ folder: TemporaryFolder) throws(LogFault) -> (
    log: LogSegments, payloads: [[UInt8]]
) {
    var payloads: [[UInt8]] = []
    let log = try LogSegments.open(folder.path) { place, bytes in
        #expect(place.sequence == payloads.count)
        payloads.append(bytes)
    }
    return (log, payloads)
}

func fault(_ folder: TemporaryFolder) -> LogFault? {
    do throws(LogFault) {
        _ = try recovered(folder)
        return nil
    } catch {
        return error
    }
}

func read(_ folder: TemporaryFolder) throws -> (items: [LogItem], head: TreeHead) {
    var (reader, items): (LogReader, [LogItem]) = (try LogReader(folder.path), [])
    while let item = try reader.next() { items.append(item) }
    return (items, reader.head)
}

private let signer = NoteSigner(name: "log.example/t", seed: Array(0..<32))

private func writeCheckpoint(_ log: LogSegments) throws {
    let checkpoint = log.checkpoint(origin: "log.example/t")
    try log.writeCheckpoint(SignedNote(text: checkpoint.text, signers: [try #require(signer)]))
}

@Test func `what was appended is there again, in order and with the same root`() throws {
    let folder = try TemporaryFolder()
    var log: LogSegments? = try LogSegments.open(folder.path, segmentSize: 200) { _, _ in }
    #expect(try log?.append([payload(0), payload(1)]) == 0..<2)
    #expect(try log?.append([]) == 2..<2)
    for number in 2..<20 { _ = try log?.append([payload(number)]) }
    let head = log?.head
    log = nil
    let (again, payloads) = try recovered(folder)
    #expect(payloads == (0..<20).map(payload))
    #expect(again.head == head && again.tornTail == nil)
    #expect(head?.root == MerkleTree.root(of: (0..<20).map { leafHash(payload($0)) }[...]))
    #expect(try again.append([payload(20)]) == 20..<21)
    #expect(try folder.names().filter { $0.hasPrefix("segment") }.count > 3)
    let (items, readHead) = try read(folder)
    #expect(items.count == 21 && readHead == again.head)
}

@Test func `a second coordinator is refused`() throws {
    let folder = try TemporaryFolder()
    var log: LogSegments? = try LogSegments.open(folder.path) { _, _ in }
    _ = try log?.append([payload(0)])
    #expect(fault(folder) == .locked(folder.path))
    log = nil
    #expect(fault(folder) == nil)
}

@Test func `the reader's refusal of a record stops the opening`() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder, 4)
    let stop = LogFault.unreadable(
        LogPlace(segment: "s", offset: 1, sequence: 2), problem: "not JSON")
    #expect(throws: stop) {
        _ = try LogSegments.open(folder.path) { place, _ throws(LogFault) in
            if place.sequence == 2 { throw stop }
        }
    }
}

@Test func `a record torn at any byte is cut off and reported`() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder, 3, segmentSize: 1 << 20)
    let name = segmentName(first: 0)
    let whole = try folder.bytes(name)
    let start = whole.count - payload(2).count - Frame.headerCount
    for length in start..<whole.count {
        try folder.write(Array(whole[..<length]), name)
        let (log, payloads) = try recovered(folder)
        #expect(payloads == [payload(0), payload(1)], "\(length) bytes")
        let tail = LogPlace(segment: "\(folder.path)/\(name)", offset: start, sequence: 2)
        let expected = TornTail(place: tail, count: length - start)
        #expect(log.tornTail == (length == start ? nil : expected))
        #expect(try log.append([payload(2)]) == 2..<3)
        #expect(try folder.bytes(name) == whole)
    }
    try folder.write(whole + [UInt8](repeating: 0, count: 5000), name)
    #expect(try recovered(folder).log.tornTail?.count == 5000)
}

@Test func `every flipped bit is named where it is, and nothing is changed`() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder, 5)
    for name in try folder.names() where name.hasPrefix("segment") {
        let whole = try folder.bytes(name)
        let path = "\(folder.path)/\(name)"
        for bit in 0..<whole.count * 8 {
            var changed = whole
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            try folder.write(changed, name)
            guard case .damaged(let damage) = fault(folder) else {
                Issue.record("bit \(bit) of \(name) passed")
                continue
            }
            #expect(damage.place.segment == path && damage.place.offset <= bit / 8)
            #expect(try folder.bytes(name) == changed)
        }
        try folder.write(whole, name)
    }
    #expect(fault(folder) == nil)
}

@Test func `the reader names the damage and goes on behind it`() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder, 9, segmentSize: 1 << 20)
    let name = segmentName(first: 0)
    var bytes = try folder.bytes(name)
    let third = 28 + (0..<3).reduce(0) { $0 + Frame.headerCount + payload($1).count }
    bytes[third + Frame.headerCount] ^= 1
    try folder.write(bytes, name)
    let (items, _) = try read(folder)
    let place = LogPlace(segment: "\(folder.path)/\(name)", offset: third, sequence: 3)
    #expect(items.count == 9)
    #expect(items[3] == .damage(LogDamage(place: place, problem: .badChecksum)))
    guard case .record(let last, payload(8)) = items[8] else {
        Issue.record("\(items[8])")
        return
    }
    #expect(last.sequence == 8)
}

@Suite struct Segments {
    let folder: TemporaryFolder
    let names: [String]

    init() throws {
        folder = try TemporaryFolder()
        try writeLog(folder, 12)
        names = try folder.names().filter { $0.hasPrefix("segment") }
        try #require(names.count > 3)
    }

    private func problems() throws -> [LogDamage.Problem] {
        try read(folder).items.compactMap {
            if case .damage(let damage) = $0 { damage.problem } else { nil }
        }
    }

    private func expectRefusal(_ expected: LogDamage.Problem) throws {
        guard case .damaged(let damage) = fault(folder) else {
            Issue.record("\(expected) passed")
            return
        }
        #expect(damage.problem == expected)
        #expect(try problems().contains(expected))
    }

    @Test func `a missing segment is refused`() throws {
        try folder.remove(names[1])
        let (from, to) = (firstSequence(ofSegment: names[1]), firstSequence(ofSegment: names[2]))
        try expectRefusal(.missing(upTo: try #require(to)))
        #expect(
            from != nil
                && fault(folder)?.problem == "records \(from ?? 0) to \((to ?? 0) - 1) are missing")
    }

    @Test func `a missing first segment is refused`() throws {
        try folder.remove(names[0])
        try expectRefusal(.missing(upTo: try #require(firstSequence(ofSegment: names[1]))))
    }

    @Test func `swapped segments are refused`() throws {
        try folder.move(names[1], "x")
        try folder.move(names[2], names[1])
        try folder.move("x", names[2])
        try expectRefusal(.misnamed)
    }

    @Test func `a segment of another log is refused`() throws {
        let other = try TemporaryFolder()
        let log = try LogSegments.open(other.path, segmentSize: 120) { _, _ in }
        for number in 0..<12 { _ = try log.append([payload(number).reversed()]) }
        try folder.write(try other.bytes(names[2]), names[2])
        try expectRefusal(.notChained)
    }

    @Test func `a segment before the last may not be torn`() throws {
        let bytes = try folder.bytes(names[1])
        try folder.write(Array(bytes.dropLast(3)), names[1])
        try expectRefusal(.endsEarly)
    }

    @Test func `a segment cut between its records leaves a gap`() throws {
        let bytes = try folder.bytes(names[0])
        let first = 28 + Frame.headerCount + payload(0).count
        try folder.write(Array(bytes.prefix(first)), names[0])
        try expectRefusal(.missing(upTo: try #require(firstSequence(ofSegment: names[1]))))
    }

    @Test func `a torn tail before the checkpoint is not cut`() throws {
        var log: LogSegments? = try LogSegments.open(folder.path) { _, _ in }
        _ = try log?.append([payload(12)])
        try writeCheckpoint(try #require(log))
        log = nil
        let last = try #require(names.last)
        let torn = Array(try folder.bytes(last).dropLast())
        try folder.write(torn, last)
        try expectRefusal(.shorterThanCheckpoint(size: 13))
        #expect(try folder.bytes(last) == torn)
    }

    @Test func `a log other than the checkpoint's is refused`() throws {
        let other = try TemporaryFolder()
        let log = try LogSegments.open(other.path) { _, _ in }
        _ = try log.append([[1], [2]])
        try writeCheckpoint(log)
        try folder.write(try other.bytes("checkpoint"), "checkpoint")
        try expectRefusal(.differsFromCheckpoint(size: 2))
        try folder.write([1, 2, 3], "checkpoint")
        guard case .damaged(let damage) = fault(folder),
            case .unreadableCheckpoint = damage.problem
        else {
            Issue.record("an unreadable checkpoint passed")
            return
        }
    }
}

@Test func `a checkpoint must be that of the log as it is`() throws {
    let folder = try TemporaryFolder()
    let log = try LogSegments.open(folder.path) { _, _ in }
    _ = try log.append([payload(0)])
    try writeCheckpoint(log)
    let old = log.checkpoint(origin: "log.example/t")
    _ = try log.append([payload(1)])
    let signer = try #require(signer)
    #expect(throws: LogFault.notACheckpoint("\(folder.path)/checkpoint")) {
        try log.writeCheckpoint(SignedNote(text: old.text, signers: [signer]))
    }
    #expect(throws: LogFault.self) {
        try log.writeCheckpoint(SignedNote(text: "hello\n", signers: [signer]))
    }
    try writeCheckpoint(log)
    #expect(
        try LogReader(folder.path).checkpoint?.text
            == "log.example/t\n2\n\(Base64.text(log.head.root.bytes))\n")
    #expect(try folder.names() == ["checkpoint", "lock", segmentName(first: 0)])
}

@Test func `after a failed write nothing is acknowledged any more`() throws {
    let folder = try TemporaryFolder()
    let log = try LogSegments.open(folder.path) { _, _ in }
    _ = try log.append([payload(0)])
    log.file = try OpenFile("/dev/full", O_RDWR)
    do {
        _ = try log.append([payload(1)])
        Issue.record("written to a full disk")
    } catch {
        guard case .system(let fault) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(fault.isFull && error.remedy.hasPrefix("make room"))
    }
    guard
        case .poisoned = #expect(
            throws: LogFault.self, performing: { try log.append([payload(1)]) })
    else {
        Issue.record("not poisoned")
        return
    }
    #expect(throws: LogFault.self) { try writeCheckpoint(log) }
    #expect(log.nextSequence == 1)
}

@Test func `a group that a crash left half-written is as if it never was`() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder, 2, segmentSize: 1 << 20)
    let name = segmentName(first: 0)
    try folder.write([1, 2, 3], "segment-000000000002.log.new")
    try folder.write(try folder.bytes(name) + Frame.bytes(payload(2), sequence: 2).prefix(9), name)
    let (log, payloads) = try recovered(folder)
    #expect(payloads.count == 2 && log.tornTail?.count == 9)
    #expect(try folder.names() == ["lock", name])
}

@Test func `the checksum is CRC-32C`() {
    var checksum = Checksum()
    checksum.update(Array("123456789".utf8))
    #expect(checksum.value == 0xE306_9283)
}
