import ErgonModel

/// Writes values one after the other: integers as eight little-endian bytes, texts and lists with
/// their count before them.
struct SnapshotWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ number: Int64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ number: Int) { write(Int64(number)) }
    mutating func write(_ time: Instant) { write(time.microseconds) }
    mutating func write(_ span: Microseconds) { write(span.count) }
    mutating func write(_ worker: WorkerID) { write(worker.name) }
    mutating func write(_ lease: LeaseID) {
        write(lease.epoch)
        write(lease.serial)
    }

    mutating func write(_ text: String) {
        let utf8 = Array(text.utf8)
        write(utf8.count)
        bytes += utf8
    }

    /// Whether there is one, and then that.
    mutating func write<Value>(
        _ value: Value?, _ body: (inout SnapshotWriter, Value) -> Void
    ) {
        write(value == nil ? 0 : 1)
        if let value { body(&self, value) }
    }

    mutating func write<Items: Collection>(
        _ items: Items, _ body: (inout SnapshotWriter, Items.Element) -> Void
    ) {
        write(items.count)
        for item in items { body(&self, item) }
    }

    mutating func write(_ range: Range<Int>) {
        write(range.lowerBound)
        write(range.upperBound)
    }

    mutating func write(_ set: IntervalSet) { write(set.ranges) { $0.write($1) } }

    mutating func write(_ digest: Digest) {
        let words = digest.words
        for word in [words.0, words.1, words.2, words.3] { write(Int64(bitPattern: word)) }
    }

    mutating func write(_ file: StoredFile) {
        write(file.digest)
        write(file.size.bytes)
    }

    // MARK: What tasks leave

    mutating func write(_ table: OutputTable) {
        let chunks = table.storedChunks
        write(chunks.count)
        for (number, entries) in chunks {
            write(number)
            write(entries)
        }
    }

    /// Which entries are there, as ranges, and then those, 40 bytes each.
    private mutating func write(_ entries: [StoredFile?]) {
        var there = IntervalSet()
        for (place, entry) in entries.enumerated() where entry != nil {
            there.insert(place..<place + 1)
        }
        write(there)
        for case .some(let file) in entries { write(words: file) }
    }

    private mutating func write(words file: StoredFile) {
        let words = file.digest.words
        let all = (
            words.0.littleEndian, words.1.littleEndian, words.2.littleEndian,
            words.3.littleEndian, file.size.bytes.littleEndian
        )
        withUnsafeBytes(of: all) { bytes.append(contentsOf: $0) }
    }
}
