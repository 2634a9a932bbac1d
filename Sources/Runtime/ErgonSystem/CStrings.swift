/// Strings as C wants them: one behind the other, each with a zero at its end.
package struct CStrings: Hashable, Sendable {
    private var bytes: [UInt8] = []
    private var starts: [Int] = []

    package init(_ strings: [String]) {
        starts.reserveCapacity(strings.count)
        for string in strings { append(string) }
    }

    /// - Precondition: there is no zero in it.
    package mutating func append(_ parts: String...) {
        starts.append(bytes.count)
        for part in parts { bytes.append(contentsOf: part.utf8) }
        bytes.append(0)
    }

    package var count: Int { starts.count }

    /// What they take with their ends.
    package var byteCount: Int { bytes.count }

    package subscript(place: Int) -> String {
        String(decoding: bytes[starts[place]...].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// How many bytes the longest of them has.
    package var longest: Int {
        zip(starts, starts.dropFirst() + [bytes.count]).map { $1 - $0 - 1 }.max() ?? 0
    }

    /// - Parameter body: gets an array that ends with a null pointer.
    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(
                of: UnsafePointer<CChar>?.self, capacity: starts.count + 1
            ) { pointers in
                for (place, start) in starts.enumerated() {
                    let string = bytes.baseAddress.map { $0 + start }
                    pointers.initializeElement(
                        at: place, to: string?.assumingMemoryBound(to: CChar.self))
                }
                pointers.initializeElement(at: starts.count, to: nil)
                guard let base = pointers.baseAddress else { preconditionFailure("never empty") }
                return body(UnsafePointer(base))
            }
        }
    }
}
