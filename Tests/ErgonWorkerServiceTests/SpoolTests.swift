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
            var spool = try spool(folder)
            for report in reports { spool.keep(message(report), isSentSoon: false) }
            var next = try self.spool(folder, life: 8)
            #expect(next.takeStock() == reports)
            for report in reports { #expect(next.message(report) == message(report)) }
            for report in reports.dropLast() { next.forget(report.id) }
            #expect(next.message(reports[2]) == message(reports[2]))
            next.forget(reports[2].id)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test func `what is kept takes no more room than what waits`() async throws {
        try await withFolder { folder in
            var spool = try spool(folder)
            for batch in 1...100 {
                spool.keep(message(report(batch)), isSentSoon: true)
                #expect(spool.message(report(batch)) == message(report(batch)))
                spool.forget(report(batch).id)
            }
            #expect(try text(folder + "/7-0").isEmpty)
            spool.keep(message(report(101)), isSentSoon: false)
            #expect(spool.message(report(101)) == message(report(101)))
        }
    }

    @Test func `files end when they are long, and go when nobody needs them`() async throws {
        try await withFolder { folder in
            var spool = try spool(folder)
            let long = [UInt8](repeating: 1, count: 3 << 20)
            func message(_ batch: Int) -> Ergon_V1_Results {
                Ergon_V1_Results(report(batch)) { _ in long }
            }
            for batch in 1...3 { spool.keep(message(batch), isSentSoon: false) }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.sorted() == ["7-0", "7-1"])
            spool.forget(report(1).id)
            spool.forget(report(2).id)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["7-1"])
            #expect(spool.message(report(3)) == message(3))
        }
    }

    @Test func `what is not ours is removed, and what is damaged is passed over`() async throws {
        try await withFolder { folder in
            var spool = try spool(folder)
            for batch in 1...2 { spool.keep(message(report(batch)), isSentSoon: false) }
            let bytes = try Data(contentsOf: URL(filePath: folder + "/7-0"))
            var damaged = bytes
            let place = try #require(damaged.range(of: Data(content), options: .backwards))
            damaged[place.lowerBound] ^= 1
            var empty = message(report(9))
            empty.results = []
            var nothing = try self.spool(folder, life: 9)
            nothing.keep(empty, isSentSoon: false)
            let others: [(name: String, bytes: Data)] = [
                ("1-0", damaged), ("2-0", bytes), ("3-0", bytes.dropLast(1)), ("4-0", Data()),
                ("5-0", Data(count: 512)), ("notes", Data("notes".utf8)),
            ]
            for (name, bytes) in others { try bytes.write(to: URL(filePath: "\(folder)/\(name)")) }
            try FileManager.default.createDirectory(
                atPath: folder + "/7-8", withIntermediateDirectories: false)
            var next = try self.spool(folder, life: 10)
            #expect(next.takeStock() == [report(1), report(2)])
            // The first is in the damaged file, too, and needed there.
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(names.sorted() == ["1-0", "2-0"])
            #expect(next.message(report(2)) == message(report(2)))
        }
    }

    @Test func `a report that can no longer be read says that its content is lost`() async throws {
        try await withFolder { folder in
            var spool = try spool(folder)
            spool.keep(message(report(1)), isSentSoon: false)
            truncate(folder + "/7-0", 100)
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
            var spool = try spool(folder + "/results")
            try FileManager.default.removeItem(atPath: folder + "/results")
            spool.keep(message(report(1)), isSentSoon: false)
            #expect(spool.message(report(1)) == message(report(1)))
            #expect(spool.message(report(1)) == message(report(1)))
        }
    }

    private func spool(_ folder: String, life: Int = 7) throws -> Spool {
        try Spool(folder: folder, life: life, logger: quiet)
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
