import CLinux
import Glibc

/// A pipe to or from a process of ours. Our end never waits.
package struct Pipe: Sendable {
    package let ours: CInt
    package let theirs: CInt

    package enum Direction: Hashable, Sendable { case toThem, fromThem }

    package init(_ direction: Direction) throws(StartFault) {
        var ends: (CInt, CInt) = (-1, -1)
        let error = withUnsafeMutableBytes(of: &ends) { ends in
            ergon_pipe(ends.assumingMemoryBound(to: CInt.self).baseAddress)
        }
        guard error == 0 else { throw StartFault(error: -error) }
        (ours, theirs) = direction == .toThem ? (ends.1, ends.0) : (ends.0, ends.1)
        let refused = ergon_never_wait(ours)
        guard refused == 0 else {
            close(ours)
            close(theirs)
            throw StartFault(error: -refused)
        }
    }
}

/// Writes all of a text into the end of a pipe of which everything has been read.
/// - Returns: false if it does not take it.
package func write(_ bytes: [UInt8], into pipe: CInt) -> Bool {
    // What it holds unless told otherwise (pipe(7)); a refusal shows in the write.
    if bytes.count > 65_536 { _ = ergon_widen_pipe(pipe, CInt(clamping: bytes.count)) }
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes { buffer in
            Glibc.write(pipe, buffer.baseAddress.map { $0 + done }, bytes.count - done)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
    }
    return true
}

/// Adds what can be read from a pipe now, at most about 1 MiB.
package func read(into bytes: inout [UInt8], from pipe: CInt) {
    withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
        for _ in 0..<16 {
            let count = Glibc.read(pipe, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
