import ErgonModel
import ErgonProvenance
import ErgonWire
import ErgonWireMessages
import ErgonWorker
import FoundationEssentials
import Glibc
import Logging
import SwiftProtobuf

/// Reports on disk until they are answered, so that they outlive this process: one file each, with
/// what rides in it, in the form in which it is sent.
///
/// Written and renamed, never synced: a crash of the process loses none, a power cut may lose the
/// latest; their tasks then run again. How much there may be is the core's to say.
struct Spool {
    private let folder: String
    private let logger: Logger
    /// Those that were kept and not sent yet, so that they need not be read again.
    private var fresh: [ReportID: Ergon_V1_Results] = [:]
    /// For which there was no room on the disk.
    private var unwritten: [ReportID: Ergon_V1_Results] = [:]

    private static let mostFresh = 64
    /// A file larger than any message is not ours.
    private static let largestFile = 2 * Connection.messageLimit

    /// - Parameter folder: this process alone uses it. Reports of one installation only are in it:
    ///   their leases and campaigns mean nothing to any other.
    init(folder: String, logger: Logger) throws {
        self.folder = folder
        self.logger = logger
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func path(_ id: ReportID) -> String { "\(folder)/\(id.life)-\(id.batch)" }

    // MARK: While they wait

    mutating func keep(_ message: Ergon_V1_Results, isSentSoon: Bool) {
        let id = message.report.model
        if isSentSoon, fresh.count < Self.mostFresh { fresh[id] = message }
        let (path, new) = (path(id), path(id) + ".new")
        do {
            let bytes: [UInt8] = try message.serializedBytes()
            try write(bytes, to: new, as: "a report")
            guard rename(new, path) == 0 else { throw fault("keep a report", path) }
        } catch {
            unlink(new)
            unwritten[id] = message
            logger.warning(
                "a report is kept in memory only", metadata: ["reason": "\(detail(error))"])
        }
    }

    /// Nothing is to be sent for some time.
    mutating func rest() { fresh = [:] }

    mutating func message(_ report: WorkerReport) -> Ergon_V1_Results {
        if let message = fresh.removeValue(forKey: report.id) ?? unwritten[report.id] {
            return message
        }
        do { return try load(report.id) } catch {
            logger.error(
                "a report's content is lost", metadata: ["reason": "\(detail(error))"])
            return Ergon_V1_Results(report.withoutContent) { _ in nil }
        }
    }

    mutating func forget(_ id: ReportID) {
        fresh[id] = nil
        if unwritten.removeValue(forKey: id) == nil { unlink(path(id)) }
    }

    // MARK: What earlier processes have left

    /// In the order of their names. What is damaged or not ours is removed.
    func takeStock() -> [WorkerReport] {
        var reports: [WorkerReport] = []
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names {
            do {
                guard let id = ReportID(fileName: name) else {
                    throw WorkplaceFault("not a report")
                }
                reports.append(try load(id).model())
            } catch {
                logger.warning(
                    "a file among the kept reports is removed",
                    metadata: ["name": "\(name)", "reason": "\(detail(error))"])
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
        return reports.sorted { $0.id < $1.id }
    }

    /// - Throws: whatever speaks against sending it: the coordinator would close the stream on it.
    private func load(_ id: ReportID) throws -> Ergon_V1_Results {
        var status = stat()
        guard lstat(path(id), &status) == 0 else { throw fault("find a report", path(id)) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.largestFile else {
            throw WorkplaceFault("not a report")
        }
        let bytes = try read(path(id), as: "a report")
        let message = try Ergon_V1_Results(serializedBytes: bytes)
        let report = try message.model()
        guard report.id == id, !report.results.isEmpty else {
            throw WorkplaceFault("another report than its name says")
        }
        for (claimed, content) in try message.riding() {
            guard Digest(of: content) == claimed.digest else {
                throw WorkplaceFault("the report is damaged")
            }
        }
        return message
    }

    private func detail(_ error: any Error) -> String {
        (error as? WorkplaceFault)?.detail ?? "\(error)"
    }
}

extension ReportID {
    /// `LIFE-BATCH`.
    fileprivate init?(fileName: String) {
        let numbers = fileName.split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2, let life = Int(numbers[0]), let batch = Int(numbers[1]),
            (0..<1 << 53).contains(life), batch > 0, fileName == "\(life)-\(batch)"
        else { return nil }
        self.init(life: life, batch: batch)
    }
}

extension WorkerReport {
    /// What is left to say when what rode in it is lost: such tasks have to run again.
    var withoutContent: WorkerReport {
        var rest = self
        rest.results = results.map { result in
            var rest = result
            rest.log = nil
            if result.outputs.contains(where: { $0.size.bytes <= Worker.ridingLimit }) {
                rest.outputs = []
                rest.outcome = .failed(
                    .notStarted("its output was lost on the worker's disk"), isFinal: false)
            }
            return rest
        }
        return rest
    }
}
