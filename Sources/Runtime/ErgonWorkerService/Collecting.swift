import ErgonModel
import ErgonProvenance
import ErgonTransfer
import ErgonWorker
import FoundationEssentials
import Glibc
import Logging

/// What attempts leave.
extension Workplace {
    /// Returns early, with the outputs lost, if it is cancelled.
    /// - Returns: with the log and, if all is there, the outputs that ride in the result.
    func collect(
        _ attempt: Worker.Attempt, _ outputs: [OutputSpec], succeeded: Bool, to endpoint: Endpoint
    ) async -> (Worker.Collected, [RidingContent.Piece]) {
        let log = readLog(of: attempt)
        let said = log.map { [$0] } ?? []
        func collected(_ outputs: Worker.Collected.Outputs) -> Worker.Collected {
            Worker.Collected(outputs: outputs, log: log?.file)
        }
        var (files, riding) = ([StoredFile](), [RidingContent.Piece]())
        for output in succeeded ? outputs : [] {
            let path = "\(folder(of: attempt))/\(output.file)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                return (collected(.missing(output.name)), said)
            }
            do throws(WorkplaceFault) {
                let size = Int(status.st_size)
                files.append(try await keep(path, output.file, size: size, endpoint, &riding))
            } catch {
                logger.warning("an output was lost", metadata: ["reason": "\(error.detail)"])
                return (collected(.lost(reason: error.reason)), said)
            }
        }
        return (collected(.there(files)), said + riding)
    }

    private func keep(
        _ path: String, _ name: String, size: Int, _ endpoint: Endpoint,
        _ riding: inout [RidingContent.Piece]
    ) async throws(WorkplaceFault) -> StoredFile {
        if size <= Worker.ridingLimit {
            let piece = piece(try read(path, as: name))
            riding.append(piece)
            return piece.file
        }
        let file = try hash(path, as: name)
        do throws(TransferFault) {
            try await patiently(name) { () async throws(TransferFault) in
                try await client.put(path: path, digest: file.digest, to: endpoint)
            }
        } catch { throw WorkplaceFault(name, error) }
        return file
    }

    private func readLog(of attempt: Worker.Attempt) -> RidingContent.Piece? {
        let limit = Self.logLimit
        guard
            let bytes = try? read(
                logPath(of: attempt), as: "the log", head: limit.head, tail: limit.tail),
            !bytes.isEmpty
        else { return nil }
        return piece(bytes)
    }

    private func piece(_ bytes: [UInt8]) -> RidingContent.Piece {
        (StoredFile(digest: Digest(of: bytes), size: ByteCount(Int64(bytes.count))), bytes)
    }

    func discard(_ attempt: Worker.Attempt) {
        unlink(logPath(of: attempt))
        // Most tasks leave an empty folder: one call then is all it takes.
        let path = folder(of: attempt)
        if rmdir(path) != 0, errno != ENOENT { try? FileManager.default.removeItem(atPath: path) }
    }
}
