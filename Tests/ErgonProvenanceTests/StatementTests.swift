import ErgonModel
import ErgonProvenance
import SeededRandom
import Testing

@Suite struct StatementTests {
    @Test(arguments: UInt64(1)...16)
    func `a statement does not depend on how results are put together`(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        var batch = dice.batch(count: 40)
        batch.report = ReportID(life: 4, batch: 2)
        let stage = Stage(step: 1, part: .merge(output: 0, level: 2))
        let statement = ReportStatement(batch, of: stage)
        var single = batch
        single.results = batch.results.flatMap { Array($0.singly) }
        #expect(ReportStatement(single, of: stage) == statement)
        let report = WorkerReport(
            id: ReportID(life: 4, batch: 2), lease: batch.lease, campaign: batch.campaign,
            stage: stage, results: batch.results)
        #expect(ReportStatement(report, by: batch.worker) == statement)
        let read = try ReportStatement.batch(statement.bytes)
        #expect(read.stage == "1.0/2")
        #expect(read.results.taskCount == batch.results.taskCount)
    }
}
