import ErgonMerge
import ErgonModel
import ErgonStorage

/// Compares what two runs of a task left, as its step says how alike they are.
struct Comparison {
    private let determinism: Determinism
    private let store: ContentStore
    private let code: [InputFile]

    init(of stage: Stage, in campaign: Campaign, content: String) {
        store = ContentStore(reading: content)
        code = campaign.code
        var declared = campaign.steps[stage.step].determinism ?? .bitwise
        if case .merge(let output, _) = stage.part,
            let rule = campaign.steps[stage.step].outputs[output].merge?.rule
        {
            // Ergon's own merges leave the same bytes.
            if case .run = rule {} else { declared = .bitwise }
        }
        determinism = declared
    }

    /// - Returns: the first place where they differ beyond what is allowed; `nil` if they do not.
    func difference(_ first: [StoredFile], _ second: [StoredFile]) throws -> String? {
        guard first.count == second.count else {
            return "\(first.count) outputs and \(second.count)"
        }
        for (number, (left, right)) in zip(first, second).enumerated() where left != right {
            if let place = try difference(left, right) { return "output \(number): \(place)" }
        }
        return nil
    }

    private func difference(_ left: StoredFile, _ right: StoredFile) throws -> String? {
        switch determinism {
        case .bitwise: return try firstByte(left, right)
        case .canonical(.known(let format)): return try content(format, left, right, nil)
        case .statistical(.known(let format), let tolerance):
            return try content(format, left, right, tolerance)
        case .canonical(.run(let command)), .statistical(.run(let command), _):
            return try ownDifference(command, path(left), path(right), code: code, store)
        }
    }

    private func firstByte(_ left: StoredFile, _ right: StoredFile) throws -> String? {
        let (first, second) = (try store.read(left.digest), try store.read(right.digest))
        if let place = zip(first, second).enumerated().first(where: { $1.0 != $1.1 })?.offset {
            return "byte \(place) of \(first.count)"
        }
        return "\(first.count) bytes and \(second.count)"
    }

    private func content(
        _ format: Determinism.Format, _ left: StoredFile, _ right: StoredFile,
        _ tolerance: Tolerance?
    ) throws -> String? {
        let pieces = try [left, right].map { file in
            Piece(name: file.digest.hex, bytes: try store.read(file.digest))
        }
        switch format {
        case .json:
            let values = try pieces.map { try JSON(parsing: $0.bytes) }
            return jsonDifference(values[0], values[1], tolerance?.fraction ?? 0)
        case .histogram:
            let values = try pieces.map { piece in
                try JSON(parsing: try merged(.histogram, [piece], isTop: true))
            }
            return jsonDifference(values[0], values[1], tolerance?.fraction ?? 0)
        case .parquet, .root:
            return try pythonDifference(
                format, path(left), path(right), tolerance?.fraction ?? 0)
        }
    }

    private func path(_ file: StoredFile) -> String { store.path(of: file.digest) }
}

/// - Returns: a JSON Pointer (RFC 6901) to the first difference.
func jsonDifference(
    _ left: JSON, _ right: JSON, _ tolerance: Double, at place: String = ""
) -> String? {
    switch (left, right) {
    case (.object(let first), .object(let second)):
        for name in Set(first.keys).union(second.keys).sorted() {
            guard let one = first[name], let other = second[name] else {
                return "\(place)/\(name) is in one of them"
            }
            if let found = jsonDifference(one, other, tolerance, at: "\(place)/\(name)") {
                return found
            }
        }
        return nil
    case (.array(let first), .array(let second)):
        guard first.count == second.count else {
            return "\(place) has \(first.count) and \(second.count) values"
        }
        for (number, (one, other)) in zip(first, second).enumerated() {
            if let found = jsonDifference(one, other, tolerance, at: "\(place)/\(number)") {
                return found
            }
        }
        return nil
    default:
        if left == right { return nil }
        if let one = left.double, let other = right.double,
            abs(one - other) <= tolerance * max(abs(one), abs(other))
        {
            return nil
        }
        return "\(place.isEmpty ? "/" : place): \(left.text()) and \(right.text())"
    }
}
