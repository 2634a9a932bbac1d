package import ErgonModel
package import ErgonProvenance
package import ErgonSecurity
package import ErgonWireMessages
import FoundationEssentials

extension Ergon_V1_Results {
    /// Signs what the message says.
    package mutating func sign(as worker: Credentials) {
        // What cannot be read is refused, signed or not.
        guard let report = try? model() else { return }
        let statement = ReportStatement(report, by: WorkerID(worker.identity.name)).digest
        signature = Data(
            ReportKey.mark(of: worker.signing.key)
                + worker.signature(over: ReportStatement.signedText(of: statement)))
    }

    /// The report, if its worker has signed it.
    package func model(of worker: WorkerID, signedBy key: ReportKey) throws(WireFault)
        -> WorkerReport
    {
        var report = try model()
        let statement = ReportStatement(report, by: worker).digest
        let bytes = [UInt8](signature)
        guard key.verifies(bytes, over: statement) else {
            throw WireFault(problem: "a report that its worker did not sign")
        }
        report.signature = ReportSignature(bytes: bytes, statement: statement)
        return report
    }
}
