import ErgonModel

/// Reads what `TextWriter` writes, without building JSON values. It is less strict than that:
/// whether a text is exactly what would have been written shows when it is written again.
struct TextReader {
    private let bytes: [UInt8]
    private var position = 0
    /// Of the member that is being read, for faults.
    private var name: StaticString = "record"

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var fault: RecordFault { .malformed(name.description) }

    // MARK: Members

    /// - Returns: false, and stays where it is, if another one comes next.
    mutating func hasMember(_ name: StaticString) -> Bool {
        let start = position
        let begins = take(UInt8(ascii: start == 0 ? "{" : ","))
        guard begins, take(UInt8(ascii: "\"")), take(name), take(UInt8(ascii: "\"")),
            take(UInt8(ascii: ":"))
        else {
            position = start
            return false
        }
        self.name = name
        return true
    }

    mutating func member(_ name: StaticString) throws(RecordFault) {
        guard hasMember(name) else { throw .notCanonical }
    }

    /// Of the object, and of the text.
    mutating func end() throws(RecordFault) {
        guard take(UInt8(ascii: "}")), position == bytes.count else { throw .notCanonical }
    }

    // MARK: Characters

    private mutating func take(_ character: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == character else { return false }
        position += 1
        return true
    }

    /// The next characters, if they are these.
    mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        let isThere = text.withUTF8Buffer { expected in
            expected.indices.allSatisfy { bytes[position + $0] == expected[$0] }
        }
        if isThere { position += count }
        return isThere
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(RecordFault) {
        guard take(UInt8(ascii: character)) else { throw fault }
    }

    // MARK: Values

    mutating func integer() throws(RecordFault) -> Int64 {
        let isText = take(UInt8(ascii: "\""))
        let isNegative = take(UInt8(ascii: "-"))
        let start = position
        var magnitude: UInt64 = 0
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            // Nineteen digits never overflow, and more are refused.
            magnitude = magnitude &* 10 &+ UInt64(digit)
            position += 1
        }
        guard (1...19).contains(position - start) else { throw fault }
        if isText { try expect("\"") }
        if !isNegative {
            guard let number = Int64(exactly: magnitude) else { throw fault }
            return number
        }
        guard magnitude <= Int64.min.magnitude else { throw fault }
        return 0 &- Int64(truncatingIfNeeded: magnitude)
    }

    /// A number from 0 to `largestCount`.
    mutating func count() throws(RecordFault) -> Int {
        let number = try integer()
        guard (0...Int64(largestCount)).contains(number) else { throw fault }
        return Int(number)
    }

    mutating func string() throws(RecordFault) -> String {
        let text = try value()
        let inside = text.dropFirst().dropLast()
        if !inside.contains(UInt8(ascii: "\\")), text.first == UInt8(ascii: "\"") {
            guard let plain = String(validating: inside, as: UTF8.self) else { throw fault }
            return plain
        }
        guard let string = try json(text).string else { throw fault }
        return string
    }

    mutating func digest() throws(RecordFault) -> Digest {
        try expect("\"")
        guard let digest = Digest(hex: bytes, at: position) else { throw fault }
        position += 64
        try expect("\"")
        return digest
    }

    mutating func bool() throws(RecordFault) -> Bool {
        if take("true") { return true }
        guard take("false") else { throw fault }
        return false
    }

    /// A string or an object, of whatever kind.
    mutating func json() throws(RecordFault) -> JSON { try json(try value()) }

    private func json(_ text: ArraySlice<UInt8>) throws(RecordFault) -> JSON {
        do { return try JSON(parsing: text) } catch { throw .notJSON(error) }
    }

    /// The text of a string or an object.
    private mutating func value() throws(RecordFault) -> ArraySlice<UInt8> {
        let start = position
        var (depth, isInString) = (0, false)
        repeat {
            guard position < bytes.count else { throw fault }
            switch bytes[position] {
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString: depth -= 1
            default: if !isInString, depth == 0 { throw fault }
            }
            position += 1
        } while depth > 0 || isInString
        guard position <= bytes.count else { throw fault }
        return bytes[start..<position]
    }

    // MARK: Lists

    mutating func pair() throws(RecordFault) -> (Int, Int) {
        try expect("[")
        let first = try count()
        try expect(",")
        let second = try count()
        try expect("]")
        return (first, second)
    }

    mutating func list(
        _ read: (inout TextReader) throws(RecordFault) -> Void
    ) throws(RecordFault) {
        try expect("[")
        if take(UInt8(ascii: "]")) { return }
        repeat { try read(&self) } while take(UInt8(ascii: ","))
        try expect("]")
    }

    /// - Returns: at most `resultLimit` values.
    mutating func column<Value>(
        _ read: (inout TextReader) throws(RecordFault) -> Value
    ) throws(RecordFault) -> Column<Value> {
        var values = Column<Value>()
        try list { reader throws(RecordFault) in
            guard reader.take(UInt8(ascii: "[")) else {
                values.append(try read(&reader))
                return
            }
            let repeats = try reader.count()
            guard repeats <= resultLimit - values.count else { throw reader.fault }
            try reader.expect(",")
            let value = try read(&reader)
            try reader.expect("]")
            values.append(value, count: repeats)
        }
        return values
    }
}
