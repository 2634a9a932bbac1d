import ErgonModel
import ErgonProvenance
import ErgonTransfer
import ErgonWorker
import Glibc
import Logging

/// What attempts leave.
extension Workplace {
    /// Outputs and what of them rides in the result.
    typealias Left = (outputs: Worker.Collected.Outputs, riding: [RidingContent.Piece])

    /// Takes in outputs that all ride in the result.
    /// - Returns: `nil` if some of them are too large for that, and have to be put elsewhere.
    func collectAtOnce(_ outputs: [OutputSpec], in folder: String) -> Left? {
        for output in outputs {
            guard let size = size(of: output, in: folder) else {
                return (.missing(output.name), [])
            }
            guard size <= Worker.ridingLimit else { return nil }
        }
        do throws(WorkplaceFault) {
            var riding: [RidingContent.Piece] = []
            for output in outputs {
                riding.append(piece(try read("\(folder)/\(output.file)", as: output.file)))
            }
            return (.there(riding.map(\.file)), riding)
        } catch { return lost(error) }
    }

    /// Returns early, with the outputs lost, if it is cancelled.
    func collect(
        _ outputs: [OutputSpec], in folder: String, to endpoint: Endpoint
    ) async -> Left {
        var (files, riding) = ([StoredFile](), [RidingContent.Piece]())
        for output in outputs {
            guard let size = size(of: output, in: folder) else {
                return (.missing(output.name), [])
            }
            do throws(WorkplaceFault) {
                let path = "\(folder)/\(output.file)"
                files.append(try await keep(path, output.file, size: size, endpoint, &riding))
            } catch { return lost(error) }
        }
        return (.there(files), riding)
    }

    /// In bytes; `nil` if it is not there, or is no file.
    private func size(of output: OutputSpec, in folder: String) -> Int? {
        var status = stat()
        guard lstat("\(folder)/\(output.file)", &status) == 0,
            status.st_mode & S_IFMT == S_IFREG
        else { return nil }
        return Int(status.st_size)
    }

    private func lost(_ fault: WorkplaceFault) -> Left {
        logger.warning("an output was lost", metadata: ["reason": "\(fault.detail)"])
        return (.lost(reason: fault.reason), [])
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

    func piece(_ bytes: [UInt8]) -> RidingContent.Piece {
        (StoredFile(digest: Digest(of: bytes), size: ByteCount(Int64(bytes.count))), bytes)
    }
}
