import ErgonModel
import ErgonProvenance
import ErgonWire
import ErgonWireMessages
import Foundation
import SwiftProtobuf
import Testing

@testable import ErgonWorkerService

struct SpoolTests {
    private let content = Array("content".utf8)

    @Test func `what was kept is there for the next process, until it is answered`() async throws {
        try await withFolder { folder in
            let reports = [report(1), report(2), report(10)]
            var spool = try Spool(folder: folder + "/results", logger: quiet)
            for report in reports { spool.keep(message(report), isSentSoon: false) }
            var next = try Spool(folder: folder + "/results", logger: quiet)
            #expect(next.takeStock() == reports)
            for report in reports { #expect(next.message(report) == message(report)) }
            next.forget(reports[1].id)
            #expect(next.takeStock() == [reports[0], reports[2]])
        }
    }

    @Test func `what is not ours or damaged is removed, and nothing else`() async throws {
        try await withFolder { folder in
            var spool = try Spool(folder: folder, logger: quiet)
            spool.keep(message(report(1)), isSentSoon: false)
            let bytes = try Data(contentsOf: URL(filePath: folder + "/7-1"))
            var damaged = bytes
            let place = try #require(damaged.firstRange(of: Data(content))).lowerBound
            damaged[place] ^= 1
            var empty = message(report(9))
            empty.results = []
            let others: [(name: String, bytes: Data)] = [
                ("7-9", try empty.serializedBytes()),
                ("7-2", damaged), ("7-3", bytes), ("7-4", bytes.dropLast(1)), ("7-5", Data()),
                ("7-6", Data(count: 512)), ("07-1", bytes), ("7-1.new", bytes), ("notes", bytes),
            ]
            for (name, bytes) in others { try bytes.write(to: URL(filePath: "\(folder)/\(name)")) }
            try FileManager.default.createDirectory(
                atPath: folder + "/7-8", withIntermediateDirectories: false)
            #expect(spool.takeStock() == [report(1)])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["7-1"])
        }
    }

    @Test func `a report whose file is gone says that its content is lost`() async throws {
        try await withFolder { folder in
            var spool = try Spool(folder: folder, logger: quiet)
            spool.keep(message(report(1)), isSentSoon: false)
            unlink(folder + "/7-1")
            let left = try spool.message(report(1)).model()
            #expect(left.id == report(1).id && left.lease == report(1).lease)
            #expect(left.results.map(\.outputs) == [[], report(1).results[1].outputs])
            #expect(left.results.map(\.log) == [nil, nil])
            let lost = Failure.notStarted("its output was lost on the worker's disk")
            #expect(
                left.results.map(\.outcome) == [.failed(lost, isFinal: false), .succeeded])
        }
    }

    @Test func `without room on the disk it is kept in memory`() async throws {
        try await withFolder { folder in
            var spool = try Spool(folder: folder + "/results", logger: quiet)
            try FileManager.default.removeItem(atPath: folder + "/results")
            spool.keep(message(report(1)), isSentSoon: false)
            #expect(spool.message(report(1)) == message(report(1)))
            #expect(spool.message(report(1)) == message(report(1)))
        }
    }

    /// Of the seventh process: one result with content that rides, one whose output is elsewhere.
    private func report(_ batch: Int) -> WorkerReport {
        let small = StoredFile(
            digest: Digest(of: content), size: ByteCount(Int64(content.count)))
        let large = StoredFile(digest: Digest(of: [1]), size: ByteCount(1 << 20))
        let results = [(0, small), (1, large)].map { task, output in
            TaskResult(
                task: task, outcome: .succeeded, outputs: [output], log: small,
                started: Instant(microseconds: 5), wall: .seconds(1), cpu: .seconds(2),
                energy: Joules(microjoules: 3))
        }
        return WorkerReport(
            id: ReportID(life: 7, batch: batch), lease: LeaseID(epoch: 1, serial: 2),
            campaign: CampaignID(3), stage: Stage(step: 0, part: .work), results: results)
    }

    private func message(_ report: WorkerReport) -> Ergon_V1_Results {
        Ergon_V1_Results(report) { $0.digest == Digest(of: content) ? content : nil }
    }
}
