import ErgonModel

/// Writes one JSON object as RFC 8785 has it, straight into bytes: for records that are long and
/// many.
struct TextWriter {
    private(set) var bytes: [UInt8] = []

    /// - Parameter expected: how many bytes there may be.
    init(expected: Int) { bytes.reserveCapacity(expected) }

    /// Begins a member. They come in ascending order of their names, which nothing need be done
    /// about to be JSON.
    mutating func member(_ name: StaticString) {
        bytes.append(UInt8(ascii: bytes.isEmpty ? "{" : ","))
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func end() { bytes.append(UInt8(ascii: "}")) }

    mutating func text(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func string(_ text: String) {
        let isPlain = text.utf8.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        guard isPlain else { return json(.string(text)) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func json(_ value: JSON) { bytes.append(contentsOf: value.text().utf8) }

    /// As `exact(_:)` has it.
    mutating func integer(_ number: Int64) {
        let isText = !exactIntegers.contains(number)
        if isText { bytes.append(UInt8(ascii: "\"")) }
        if number < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(number.magnitude)
        if isText { bytes.append(UInt8(ascii: "\"")) }
    }

    mutating func integer(_ number: Int) { integer(Int64(number)) }

    /// Eight digits at a time: what fits into one word, the last digit in its highest byte.
    private mutating func digits(_ number: UInt64) {
        let (high, rest) = number.quotientAndRemainder(dividingBy: 100_000_000)
        if high > 0 { digits(high) }
        var (low, text, count): (UInt64, UInt64, Int) = (rest, 0, 0)
        repeat {
            let (rest, digit) = low.quotientAndRemainder(dividingBy: 10)
            text = text << 8 | UInt64(UInt8(ascii: "0")) + digit
            (low, count) = (rest, count + 1)
        } while low > 0 || high > 0 && count < 8
        withUnsafeBytes(of: text.littleEndian) {
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: $0.baseAddress, count: count))
        }
    }

    mutating func digest(_ digest: Digest) {
        bytes.append(UInt8(ascii: "\""))
        digest.appendHex(to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// `[first, second]`.
    mutating func pair(_ first: Int, _ second: Int) {
        bytes.append(UInt8(ascii: "["))
        integer(first)
        bytes.append(UInt8(ascii: ","))
        integer(second)
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func list<Value>(
        _ values: [Value], _ write: (inout TextWriter, Value) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        for place in values.indices {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            write(&self, values[place])
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// One value for each of many neighbours; `n` equal ones, if `n` is at least 2, stand as
    /// `[n, value]`. No value may be an array.
    mutating func column<Value>(
        _ column: Column<Value>, _ write: (inout TextWriter, Value) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        for place in column.runs.indices {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            let count = column.runs[place].count
            if count > 1 {
                bytes.append(UInt8(ascii: "["))
                integer(count)
                bytes.append(UInt8(ascii: ","))
            }
            write(&self, column.runs[place].value)
            if count > 1 { bytes.append(UInt8(ascii: "]")) }
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
