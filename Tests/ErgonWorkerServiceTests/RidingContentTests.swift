import ErgonModel
import ErgonProvenance
import ErgonWorker
import Testing

@testable import ErgonWorkerService

@Test func `content rides until the last who left it is forgotten`() {
    let (a, b) = (piece("a"), piece("b"))
    let attempts = (0..<3).map { Worker.Attempt(lease: LeaseID(epoch: 1, serial: 1), task: $0) }
    var riding = RidingContent()
    riding.add([a, b, a], of: attempts[0])
    riding.add([a], of: attempts[1])
    #expect(riding[a.file] == a.bytes && riding[b.file] == b.bytes)
    riding.forget([attempts[0], attempts[2]])
    #expect(riding[a.file] == a.bytes && riding[b.file] == nil)
    riding.forget([attempts[0]])
    #expect(riding[a.file] == a.bytes)
    riding.forget([attempts[1]])
    #expect(riding[a.file] == nil)
}

private func piece(_ text: String) -> RidingContent.Piece {
    let bytes = Array(text.utf8)
    return (StoredFile(digest: Digest(of: bytes), size: ByteCount(Int64(bytes.count))), bytes)
}
