package import ErgonModel

/// Why bytes are not a record.
package enum RecordFault: Error, Hashable, Sendable, CustomStringConvertible {
    case notJSON(JSONError)
    case unknownVersion(String)
    case unknownType(String)
    case missing(String)
    case unknownKey(String)
    /// The value of this key is not what it should be.
    case malformed(String)
    /// It reads as a record, but is not written as this record is.
    case notCanonical
    case tooLong(Int)

    package var description: String {
        switch self {
        case .notJSON(let error): "not JSON: \(error)"
        case .unknownVersion(let version): "unknown record version \(version)"
        case .unknownType(let type): "unknown record type `\(type)`"
        case .missing(let key): "`\(key)` is missing"
        case .unknownKey(let key): "unknown key `\(key)`"
        case .malformed(let key): "`\(key)` is malformed"
        case .notCanonical: "not in canonical form"
        case .tooLong(let count): "\(count) bytes are more than a record may have"
        }
    }
}

/// The members of one object, each taken once; what is left over is unknown.
struct Fields {
    private var members: [String: JSON]

    init(_ value: JSON, _ name: String) throws(RecordFault) {
        guard let members = value.object else { throw .malformed(name) }
        self.members = members
    }

    mutating func optional(_ key: String) -> JSON? { members.removeValue(forKey: key) }

    mutating func value(_ key: String) throws(RecordFault) -> JSON {
        guard let value = optional(key) else { throw .missing(key) }
        return value
    }

    mutating func string(_ key: String) throws(RecordFault) -> String {
        guard let text = try value(key).string else { throw .malformed(key) }
        return text
    }

    mutating func optionalString(_ key: String) throws(RecordFault) -> String? {
        guard let value = optional(key) else { return nil }
        guard let text = value.string else { throw .malformed(key) }
        return text
    }

    mutating func int64(_ key: String) throws(RecordFault) -> Int64 {
        guard let number = exactInteger(try value(key)) else { throw .malformed(key) }
        return number
    }

    mutating func int(_ key: String) throws(RecordFault) -> Int { Int(try int64(key)) }

    /// A number that is counted with: from 0 to `largestCount`.
    mutating func count(_ key: String) throws(RecordFault) -> Int {
        try ErgonProvenance.count(try value(key), key)
    }

    mutating func array(_ key: String) throws(RecordFault) -> [JSON] {
        guard let values = try value(key).array else { throw .malformed(key) }
        return values
    }

    mutating func digest(_ key: String) throws(RecordFault) -> Digest {
        guard let digest = Digest(hex: try string(key)) else { throw .malformed(key) }
        return digest
    }

    /// Bytes in base64.
    mutating func bytes(_ key: String) throws(RecordFault) -> [UInt8] {
        guard let bytes = Base64.bytes(try string(key)) else { throw .malformed(key) }
        return bytes
    }

    /// One of the raw values of an enumeration.
    mutating func word<Word: RawRepresentable<String>>(
        _ key: String
    ) throws(RecordFault) -> Word {
        guard let word = Word(rawValue: try string(key)) else { throw .malformed(key) }
        return word
    }

    func finish() throws(RecordFault) {
        if let key = members.keys.min() { throw .unknownKey(key) }
    }
}

/// The largest count in a record, so that no reader has to fear to add a few of them.
let largestCount = 1 << 53

/// A number from 0 to `largestCount`.
func count(_ value: JSON, _ name: String) throws(RecordFault) -> Int {
    guard let number = exactInteger(value), (0...Int64(largestCount)).contains(number) else {
        throw .malformed(name)
    }
    return Int(number)
}

/// The integers that every JSON reader holds exactly (RFC 8785 §3.2.2.3).
let exactIntegers: ClosedRange<Int64> = -9_007_199_254_740_991...9_007_199_254_740_991

/// An integer as a number, or in decimal as a string where a double could not hold it.
func exact(_ number: Int64) -> JSON {
    exactIntegers.contains(number) ? .integer(number) : .string(String(number))
}

func exact(_ number: Int) -> JSON { exact(Int64(number)) }

/// The inverse of `exact(_:)`.
func exactInteger(_ value: JSON) -> Int64? { value.integer ?? value.string.flatMap { Int64($0) } }

/// A run of numbers: `[first, count]`.
func json(_ range: Range<Int>) -> JSON { .array([exact(range.lowerBound), exact(range.count)]) }

/// Two numbers from 0 to `largestCount`.
func pair(_ value: JSON, _ name: String) throws(RecordFault) -> (Int, Int) {
    guard let items = value.array, items.count == 2 else { throw .malformed(name) }
    return (try count(items[0], name), try count(items[1], name))
}

/// The inverse of `json(_:)` for ranges.
func range(_ value: JSON, _ name: String) throws(RecordFault) -> Range<Int> {
    let (first, length) = try pair(value, name)
    guard first + length <= largestCount else { throw .malformed(name) }
    return first..<first + length
}

func json(_ set: IntervalSet) -> JSON { .array(set.ranges.map(json)) }

func intervalSet(_ value: JSON, _ name: String) throws(RecordFault) -> IntervalSet {
    guard let items = value.array else { throw .malformed(name) }
    var set = IntervalSet()
    for item in items { set.insert(try range(item, name)) }
    return set
}
