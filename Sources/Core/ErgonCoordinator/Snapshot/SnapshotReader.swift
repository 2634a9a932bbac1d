import ErgonModel

/// Reads what a `SnapshotWriter` wrote; whatever else it is given is refused.
struct SnapshotReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    func refuse() -> ReplayFault {
        ReplayFault(problem: "the snapshot makes no sense at byte \(offset)")
    }

    private mutating func take(_ count: Int) throws(ReplayFault) -> Int {
        guard count >= 0, bytes.count - offset >= count else { throw refuse() }
        defer { offset += count }
        return offset
    }

    mutating func int64() throws(ReplayFault) -> Int64 {
        let start = try take(8)
        return bytes.withUnsafeBytes {
            Int64(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Int64.self))
        }
    }

    mutating func int() throws(ReplayFault) -> Int { Int(try int64()) }

    /// A number from 0 to `limit`.
    mutating func count(_ limit: Int = 1 << 53) throws(ReplayFault) -> Int {
        let number = try int()
        guard number >= 0, number <= limit else { throw refuse() }
        return number
    }

    mutating func instant() throws(ReplayFault) -> Instant {
        Instant(microseconds: try int64())
    }
    mutating func span() throws(ReplayFault) -> Microseconds { Microseconds(try int64()) }
    mutating func worker() throws(ReplayFault) -> WorkerID { WorkerID(try text()) }
    mutating func lease() throws(ReplayFault) -> LeaseID {
        LeaseID(epoch: try count(), serial: try count())
    }

    mutating func text() throws(ReplayFault) -> String {
        let count = try count()
        let start = try take(count)
        return String(decoding: bytes[start..<start + count], as: UTF8.self)
    }

    mutating func optional<Value>(
        _ body: (inout SnapshotReader) throws(ReplayFault) -> Value
    ) throws(ReplayFault) -> Value? {
        try count(1) == 0 ? nil : try body(&self)
    }

    mutating func list<Value>(
        _ body: (inout SnapshotReader) throws(ReplayFault) -> Value
    ) throws(ReplayFault) -> [Value] {
        // Nothing is written in less than eight bytes.
        let count = try count((bytes.count - offset) / 8)
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try body(&self)) }
        return values
    }

    mutating func range() throws(ReplayFault) -> Range<Int> {
        let (lower, upper) = (try int(), try int())
        guard lower <= upper else { throw refuse() }
        return lower..<upper
    }

    /// A set of numbers from 0 to below `limit`.
    mutating func set(below limit: Int = Int.max) throws(ReplayFault) -> IntervalSet {
        var set = IntervalSet()
        for range in try list({ reader throws(ReplayFault) in try reader.range() }) {
            guard range.lowerBound >= 0, range.upperBound <= limit else { throw refuse() }
            set.insert(range)
        }
        return set
    }

    mutating func digest() throws(ReplayFault) -> Digest {
        func word(_ number: Int64) -> UInt64 { UInt64(bitPattern: number) }
        return Digest(
            words: (word(try int64()), word(try int64()), word(try int64()), word(try int64())))
    }

    mutating func file() throws(ReplayFault) -> StoredFile {
        StoredFile(digest: try digest(), size: ByteCount(try int64()))
    }

    // MARK: What tasks leave

    /// - Parameter count: how many tasks there are.
    mutating func table(of count: Int) throws(ReplayFault) -> OutputTable {
        var chunks: [Int: [StoredFile?]] = [:]
        for _ in 0..<(try self.count((bytes.count - offset) / 8)) {
            let number = try self.count(count / OutputTable.chunk)
            chunks[number] = try entries()
        }
        return OutputTable(chunks: chunks)
    }

    private mutating func entries() throws(ReplayFault) -> [StoredFile?] {
        let there = try set(below: OutputTable.chunk)
        var start = try take(40 * there.count)
        var entries = [StoredFile?](repeating: nil, count: OutputTable.chunk)
        bytes.withUnsafeBytes { raw in
            func word(_ place: Int) -> UInt64 {
                UInt64(
                    littleEndian: raw.loadUnaligned(
                        fromByteOffset: start + 8 * place, as: UInt64.self))
            }
            for place in there.ranges.joined() {
                entries[place] = StoredFile(
                    digest: Digest(words: (word(0), word(1), word(2), word(3))),
                    size: ByteCount(Int64(bitPattern: word(4))))
                start += 40
            }
        }
        return entries
    }
}
