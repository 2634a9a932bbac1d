import ErgonModel
import ErgonProvenance
import ErgonWire
import ErgonWireMessages
import Glibc
import SwiftProtobuf

/// One file of kept reports, which grows at its end. An entry is the length of a message in four
/// bytes, the most significant first, the SHA-256 of the message, and the message.
struct SpoolFile {
    private final class Descriptor: Sendable {
        let number: CInt

        init(_ number: CInt) { self.number = number }

        deinit { close(number) }
    }

    private static let headerSize = 4 + 32
    /// What is longer is no message of ours.
    private static let longestMessage = 2 * Connection.messageLimit

    private let path: String
    private let descriptor: Descriptor
    /// Where the next entry begins.
    private(set) var end = 0
    /// How many of its reports are not answered.
    var waiting = 0

    init(making path: String) throws(WorkplaceFault) {
        try self.init(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
    }

    /// - Parameter path: of a file that an earlier process has left.
    init(reading path: String) throws(WorkplaceFault) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw WorkplaceFault("not a file of reports")
        }
        try self.init(path, O_RDONLY | O_CLOEXEC)
        end = Int(status.st_size)
    }

    private init(_ path: String, _ flags: CInt) throws(WorkplaceFault) {
        let number = open(path, flags, 0o600)
        guard number >= 0 else { throw fault("open a file of reports", path) }
        self.path = path
        descriptor = Descriptor(number)
    }

    /// - Returns: where the message is.
    mutating func append(_ message: Ergon_V1_Results) throws(WorkplaceFault) -> Range<Int> {
        let bytes: [UInt8]
        do { bytes = try message.serializedBytes() } catch {
            throw WorkplaceFault("a report cannot be written: \(error)")
        }
        let length = UInt32(bytes.count)
        let entry =
            withUnsafeBytes(of: length.bigEndian) { Array($0) } + Digest(of: bytes).bytes + bytes
        guard write(entry) else {
            let fault = fault("keep a report", path)
            // What was written of it is no entry.
            ftruncate(descriptor.number, off_t(end))
            throw fault
        }
        defer { end += entry.count }
        waiting += 1
        return end + Self.headerSize..<end + entry.count
    }

    private func write(_ entry: [UInt8]) -> Bool {
        var done = 0
        while done < entry.count {
            let count = entry.withUnsafeBytes { buffer in
                pwrite(
                    descriptor.number, buffer.baseAddress.map { $0 + done }, entry.count - done,
                    off_t(end + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    /// Nobody needs any of its reports.
    mutating func empty() {
        if ftruncate(descriptor.number, 0) == 0 { end = 0 }
    }

    /// The same, and nothing more will be written.
    func remove() { unlink(path) }

    // MARK: Reading

    /// - Throws: whatever speaks against sending it: the coordinator would close the stream on it.
    func message(at place: Range<Int>) throws(WorkplaceFault) -> Ergon_V1_Results {
        let header = place.lowerBound - Self.headerSize
        let entry = try part(of: descriptor.number, "a report", header..<place.upperBound)
        guard entry.count == place.upperBound - header else {
            throw WorkplaceFault("the report is cut off")
        }
        let bytes = Array(entry.dropFirst(Self.headerSize))
        guard Digest(of: bytes).bytes.elementsEqual(entry[4..<Self.headerSize]) else {
            throw WorkplaceFault("the report is damaged")
        }
        do {
            let message = try Ergon_V1_Results(serializedBytes: bytes)
            let report = try message.model()
            guard !report.results.isEmpty || !report.metered.isEmpty else {
                throw WorkplaceFault("the report is empty")
            }
            return message
        } catch { throw WorkplaceFault("not a report", detail: "not a report: \(error)") }
    }

    /// All entries up to the first that is not one.
    func entries() -> (found: [(report: WorkerReport, place: Range<Int>)], fault: WorkplaceFault?) {
        var (found, start): ([(report: WorkerReport, place: Range<Int>)], Int) = ([], 0)
        do throws(WorkplaceFault) {
            while start < end {
                let place = try place(ofEntryAt: start)
                let message = try message(at: place)
                do { found.append((try message.model(), place)) } catch {
                    throw WorkplaceFault("not a report", detail: "not a report: \(error)")
                }
                start = place.upperBound
            }
            return (found, nil)
        } catch { return (found, error) }
    }

    private func place(ofEntryAt start: Int) throws(WorkplaceFault) -> Range<Int> {
        let header = try part(of: descriptor.number, "a report", start..<start + 4)
        let length = header.reduce(0) { $0 << 8 | Int($1) }
        guard header.count == 4, (1...Self.longestMessage).contains(length) else {
            throw WorkplaceFault("not a report")
        }
        return start + Self.headerSize..<start + Self.headerSize + length
    }
}
