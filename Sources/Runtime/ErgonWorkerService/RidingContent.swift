import ErgonModel
import ErgonWorker

/// The bytes of small outputs and logs, held until they are kept with a report.
struct RidingContent {
    typealias Piece = (file: StoredFile, bytes: [UInt8])

    private var bytes: [Digest: (content: [UInt8], uses: Int)] = [:]
    private var digests: [Worker.Attempt: [Digest]] = [:]

    subscript(file: StoredFile) -> [UInt8]? { bytes[file.digest]?.content }

    mutating func add(_ pieces: [Piece], of attempt: Worker.Attempt) {
        for (file, content) in pieces { bytes[file.digest, default: (content, 0)].uses += 1 }
        digests[attempt, default: []] += pieces.map(\.file.digest)
    }

    mutating func forget(_ attempts: [Worker.Attempt]) {
        for digest in attempts.flatMap({ digests.removeValue(forKey: $0) ?? [] }) {
            bytes[digest]?.uses -= 1
            if bytes[digest]?.uses == 0 { bytes[digest] = nil }
        }
    }
}
