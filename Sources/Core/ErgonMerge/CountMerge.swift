import ErgonModel

/// The sum of JSON values by the rule of `docs/MANIFEST.md`, "Merges", in the canonical form and
/// with one line feed. Numbers that are not counts keep a fraction, so that the next level takes
/// them for what they are.
func addedCounts(_ pieces: [Piece], equal: Set<String>) throws(MergeFault) -> [UInt8] {
    let addition = Addition(settings: equal, first: pieces[0].name)
    var total = try parsedJSON(pieces[0])
    for piece in pieces.dropFirst() {
        let next = try parsedJSON(piece)
        do {
            total = try addition.sum(of: total, next, isSetting: false)
        } catch {
            throw error.fault(in: piece.name)
        }
    }
    return Array((total.text(numbers: .marked) + "\n").utf8)
}

/// Adds what counts and insists that the rest is equal.
struct Addition {
    /// Under these keys integers are settings, at any depth.
    var settings: Set<String>
    /// The piece that a value on the left comes from.
    var first: String

    /// - Parameter isSetting: whether integers, too, must be equal.
    func sum(of left: JSON, _ right: JSON, isSetting: Bool) throws(Flaw) -> JSON {
        switch (left, right) {
        case (.integer(let left), .integer(let right)) where !isSetting:
            return .integer(try sum(of: left, right))
        case (.array(let left), .array(let right)) where left.count == right.count:
            return .array(try sum(of: left, right, isSetting: isSetting))
        case (.object(let left), .object(let right)):
            return .object(try sum(of: left, right, isSetting: isSetting))
        default:
            try agree(left, right, isSetting: isSetting)
            return left
        }
    }

    func sum(of left: Int64, _ right: Int64) throws(Flaw) -> Int64 {
        let (sum, isBeyond) = left.addingReportingOverflow(right)
        guard !isBeyond else {
            throw Flaw(
                problem: "the sum with \(right) is beyond 64 bits",
                remedy: "name the key under `equal` if it is not a count")
        }
        return sum
    }

    private func sum(
        of left: [JSON], _ right: [JSON], isSetting: Bool
    ) throws(Flaw) -> [JSON] {
        var result: [JSON] = []
        result.reserveCapacity(left.count)
        for index in left.indices {
            do {
                result.append(try sum(of: left[index], right[index], isSetting: isSetting))
            } catch {
                throw error.inside(index)
            }
        }
        return result
    }

    private func sum(
        of left: [String: JSON], _ right: [String: JSON], isSetting: Bool
    ) throws(Flaw) -> [String: JSON] {
        let names = sortedNames(left.keys)
        try agree(names, sortedNames(right.keys), on: "key")
        var result: [String: JSON] = [:]
        for name in names {
            guard let one = left[name], let other = right[name] else { continue }
            do {
                let isSetting = isSetting || settings.contains(name)
                result[name] = try sum(of: one, other, isSetting: isSetting)
            } catch {
                throw error.inside(name)
            }
        }
        return result
    }

    /// Names in ascending order of their bytes, on both sides the same ones.
    func agree(_ left: [String], _ right: [String], on kind: String) throws(Flaw) {
        guard !left.elementsEqual(right, by: { $0.utf8.elementsEqual($1.utf8) }) else { return }
        let (known, given) = (Set(left.map { Array($0.utf8) }), Set(right.map { Array($0.utf8) }))
        let remedy = "let every task write every \(kind), with 0 where it has nothing to count"
        if let name = right.first(where: { !known.contains(Array($0.utf8)) }) {
            throw Flaw(problem: "the \(kind) `\(name)` is not in \(first)", remedy: remedy)
        }
        let name = left.first { !given.contains(Array($0.utf8)) } ?? ""
        throw Flaw(problem: "no \(kind) `\(name)`, which is in \(first)", remedy: remedy)
    }

    /// Compared as they would be written: by bytes, and 1 is not 1.0.
    private func agree(_ left: JSON, _ right: JSON, isSetting: Bool) throws(Flaw) {
        let (one, other) = (left.text(numbers: .marked), right.text(numbers: .marked))
        guard !one.utf8.elementsEqual(other.utf8) else { return }
        throw Flaw(
            problem: "\(shown(right, isSetting)), but \(shown(left, isSetting)) in \(first)",
            remedy: remedy(left, right))
    }

    /// A count on the left may be a sum already, and then nobody has written it.
    private func shown(_ value: JSON, _ isSetting: Bool) -> String {
        switch value {
        case .integer where !isSetting: return "a count"
        case .array(let values): return "an array of \(values.count)"
        case .object: return "an object"
        default:
            let text = value.text(numbers: .marked)
            return text.count > 60 ? text.prefix(60) + "…" : text
        }
    }

    private func remedy(_ left: JSON, _ right: JSON) -> String {
        switch (left, right) {
        case (.number, .number):
            "numbers with a fraction must be equal here; what is to be summed goes into a histogram"
        case (.array, .array): "arrays add element by element: give them one length"
        default: "find out why the tasks do not agree; pieces of one output share their settings"
        }
    }
}
