import ErgonModel

/// One value for each of many neighbours; `n` equal ones, if `n` is at least 2, stand as
/// `[n, value]`. No value may be an array.
func column(_ values: some Sequence<JSON>) -> JSON {
    var runs: [(count: Int, value: JSON)] = []
    for value in values {
        if let last = runs.last, last.value == value {
            runs[runs.count - 1].count += 1
        } else {
            runs.append((1, value))
        }
    }
    return .array(runs.map { $0.count == 1 ? $0.value : .array([exact($0.count), $0.value]) })
}

/// The inverse of `column(_:)`.
/// - Parameter count: how many values there must be: a short text must not become a long array.
func values(
    ofColumn column: JSON, count: Int, _ name: String
) throws(RecordFault) -> [JSON] {
    guard let items = column.array else { throw .malformed(name) }
    var values: [JSON] = []
    for item in items {
        guard let pair = item.array else {
            values.append(item)
            continue
        }
        guard pair.count == 2, let repeats = exactInteger(pair[0]), repeats >= 2,
            repeats <= Int64(count - values.count)
        else { throw .malformed(name) }
        values += Array(repeating: pair[1], count: Int(repeats))
    }
    guard values.count == count else { throw .malformed(name) }
    return values
}

extension Fields {
    /// A column of integers.
    mutating func integers(_ key: String, count: Int) throws(RecordFault) -> [Int64] {
        var numbers: [Int64] = []
        for value in try values(ofColumn: try value(key), count: count, key) {
            guard let number = exactInteger(value) else { throw .malformed(key) }
            numbers.append(number)
        }
        return numbers
    }

    /// A column of files: one of digests, one of sizes.
    mutating func files(
        _ digests: String, _ sizes: String, count: Int
    ) throws(RecordFault) -> [StoredFile] {
        guard count > 0 else { return [] }
        let names = try values(ofColumn: try value(digests), count: count, digests)
        let bytes = try integers(sizes, count: count)
        var files: [StoredFile] = []
        for (name, size) in zip(names, bytes) {
            guard let digest = name.string.flatMap({ Digest(hex: $0) }) else {
                throw .malformed(digests)
            }
            files.append(StoredFile(digest: digest, size: ByteCount(size)))
        }
        return files
    }
}
