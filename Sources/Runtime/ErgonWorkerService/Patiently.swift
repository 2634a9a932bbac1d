import ErgonTransfer
import Logging

extension Workplace {
    /// Moves content, however long it takes while the coordinator is away or has trouble of its
    /// own: what runs here shall not fail for that. Ends when it is cancelled.
    /// - Parameter name: of the content, for our log.
    func patiently<Value>(
        _ name: String, _ move: () async throws(TransferFault) -> Value
    ) async throws(TransferFault) -> Value {
        var waits = Waits(first: .seconds(1), longest: .seconds(30))
        while true {
            do throws(TransferFault) {
                return try await move()
            } catch {
                guard error.isTheirs else { throw error }
                if waits.isFirst {
                    logger.warning(
                        "waits for the coordinator",
                        metadata: ["file": "\(name)", "reason": "\(error.problem)"])
                }
                guard (try? await Task.sleep(for: waits.next())) != nil else {
                    throw TransferFault(.cancelled, at: error.place)
                }
            }
        }
    }
}

extension TransferFault {
    /// The other end is away or has trouble of its own, such as a full disk: it may pass, however
    /// long it takes.
    var isTheirs: Bool {
        switch cause {
        case .unreachable, .broken, .busy: true
        case .refused(let status, _): mayPass || (500...599).contains(status)
        case .untrusted, .missing, .wrongDigest, .wrongSize, .tooLarge, .forbiddenURL, .badName,
            .cacheFull, .file, .cancelled:
            false
        }
    }
}
