import ErgonModel
import ErgonWire
import ErgonWireMessages
import ErgonWorker
import FoundationEssentials
import Glibc
import Logging

/// Reports on disk until they are answered, so that they outlive this process: one after the other
/// in a few files, with what rides in them, in the form in which they are sent.
///
/// Written, never synced: a crash of the process loses none, a power cut may lose the latest; their
/// tasks then run again. How much there may be is the core's to say.
struct Spool {
    private struct Place {
        var file: Int
        var bytes: Range<Int>
    }

    private let folder: String
    /// Which of the worker's processes this is.
    private let life: Int
    private let logger: Logger
    private var files: [Int: SpoolFile] = [:]
    /// The number of the next one.
    private var nextFile = 0
    /// Which of them is being written.
    private var current: Int?
    private var places: [ReportID: Place] = [:]
    /// Those that were kept and not sent yet, so that they need not be read again.
    private var fresh: [ReportID: Ergon_V1_Results] = [:]
    /// For which there was no room on the disk.
    private var unwritten: [ReportID: Ergon_V1_Results] = [:]

    private static let mostFresh = 64
    /// After so many bytes the next file is begun.
    private static let usualFile = 16 << 20

    /// - Parameter folder: this process alone uses it. Reports of one installation only are in it:
    ///   their leases and campaigns mean nothing to any other.
    init(folder: String, life: Int, logger: Logger) throws {
        self.folder = folder
        self.life = life
        self.logger = logger
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    // MARK: While they wait

    mutating func keep(_ message: Ergon_V1_Results, isSentSoon: Bool) {
        let id = message.report.model
        if isSentSoon, fresh.count < Self.mostFresh { fresh[id] = message }
        do throws(WorkplaceFault) {
            let number = try currentFile()
            if let bytes = try files[number]?.append(message) {
                places[id] = Place(file: number, bytes: bytes)
            }
        } catch {
            unwritten[id] = message
            logger.warning(
                "a report is kept in memory only", metadata: ["reason": "\(error.detail)"])
        }
    }

    private mutating func currentFile() throws(WorkplaceFault) -> Int {
        if let current, let file = files[current], file.end < Self.usualFile { return current }
        let number = nextFile
        files[number] = try SpoolFile(making: "\(folder)/\(life)-\(number)")
        nextFile += 1
        current = number
        return number
    }

    /// Nothing is to be sent for some time.
    mutating func rest() { fresh = [:] }

    mutating func message(_ report: WorkerReport) -> Ergon_V1_Results {
        if let message = fresh.removeValue(forKey: report.id) ?? unwritten[report.id] {
            return message
        }
        do throws(WorkplaceFault) {
            guard let place = places[report.id], let file = files[place.file] else {
                throw WorkplaceFault("it was never written")
            }
            let message = try file.message(at: place.bytes)
            guard message.report.model == report.id else {
                throw WorkplaceFault("another report than was kept there")
            }
            return message
        } catch {
            logger.error(
                "a report's content is lost", metadata: ["reason": "\(error.detail)"])
            return Ergon_V1_Results(report.withoutContent) { _ in nil }
        }
    }

    mutating func forget(_ id: ReportID) {
        fresh[id] = nil
        unwritten[id] = nil
        guard let place = places.removeValue(forKey: id) else { return }
        files[place.file]?.waiting -= 1
        guard let file = files[place.file], file.waiting == 0 else { return }
        if place.file == current {
            files[place.file]?.empty()
        } else {
            file.remove()
            files[place.file] = nil
        }
    }

    // MARK: What earlier processes have left

    /// What is damaged or not ours is passed over; files that nobody needs are removed.
    mutating func takeStock() -> [WorkerReport] {
        var reports: [ReportID: WorkerReport] = [:]
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            logger.error("kept reports cannot be looked for", metadata: ["reason": "\(error)"])
            return []
        }
        for name in names.sorted() {
            let number = nextFile
            nextFile += 1
            do throws(WorkplaceFault) {
                files[number] = try SpoolFile(reading: "\(folder)/\(name)")
            } catch { note(error, name) }
            let (found, fault) = files[number]?.entries() ?? ([], nil)
            if let fault { note(fault, name) }
            for (report, bytes) in found where reports[report.id] == nil {
                reports[report.id] = report
                places[report.id] = Place(file: number, bytes: bytes)
                files[number]?.waiting += 1
            }
            if files[number]?.waiting ?? 0 == 0 {
                files[number] = nil
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
        return reports.values.sorted { $0.id < $1.id }
    }

    private func note(_ fault: WorkplaceFault, _ name: String) {
        logger.warning(
            "something among the kept reports is passed over",
            metadata: ["name": "\(name)", "reason": "\(fault.detail)"])
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
