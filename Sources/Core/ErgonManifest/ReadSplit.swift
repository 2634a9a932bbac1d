import ErgonModel

extension Reading {
    /// `all`, or a mapping with exactly one of the ways to cut.
    mutating func split(_ value: Value) -> Split? {
        if value.scalar?.text == "all" { return .all }
        let kinds = ["files", "events", "rows", "lines", "outputs", "seeds"]
        guard case .mapping(let entries) = value.content else {
            expected(
                "`all` or a mapping", value, "`split`",
                "such as `{files: 1}`, `{events: 1000}` or `all`")
            return nil
        }
        guard let section = section(value, "`split`", keys: kinds + ["per-task"]) else {
            return nil
        }
        if section["seeds"] != nil { return seeds(section) }
        if section["per-task"] != nil {
            report(
                section.place(of: "per-task"), "`per-task` without `seeds`",
                "add `seeds: N`: how many seeds there are in all")
            return nil
        }
        let asked = kinds.filter { section[$0] != nil }
        guard asked.count == 1, let kind = asked.first, let value = section[kind] else {
            // A mistyped key has been reported; it is not missing as well.
            if entries.allSatisfy({ kinds.contains($0.key) }) {
                report(
                    section.place,
                    asked.isEmpty ? "`split` is empty" : "`split` in several ways at once",
                    "one of \(listed(kinds))")
            }
            return nil
        }
        guard let size = integer(value, "`\(kind)`", in: 1...largestInteger) else { return nil }
        switch kind {
        case "files": return .files(size)
        case "events", "rows": return .events(perTask: size, range: nil)
        case "lines": return .lines(size)
        default: return .outputs(size)
        }
    }

    private mutating func seeds(_ section: Section) -> Split? {
        let others = ["files", "rows", "lines", "outputs"].filter { section[$0] != nil }
        for other in others {
            report(
                section.place(of: other), "`\(other)` beside `seeds`",
                "seeds go with `per-task` and `events`")
        }
        let count = { (reading: inout Reading, key: String) -> Int? in
            guard let value = section[key] else { return 1 }
            return reading.integer(value, "`\(key)`", in: 1...largestInteger)
        }
        guard let total = count(&self, "seeds"), let size = count(&self, "per-task"),
            let events = count(&self, "events"), others.isEmpty
        else { return nil }
        let product = total.multipliedReportingOverflow(by: events)
        guard !product.overflow, product.partialValue <= largestInteger else {
            report(section.place, "more than 2^53 - 1 events in all", "fewer seeds or events")
            return nil
        }
        return .seeds(total: total, perTask: size, eventsPerSeed: events)
    }

    mutating func range(_ value: Value) -> Range<Int>? {
        guard let section = section(value, "`range`", keys: ["first", "count"]) else { return nil }
        let first = require("first", of: section, "0").flatMap {
            integer($0, "`first`", in: 0...largestInteger)
        }
        let count = require("count", of: section, "1000").flatMap {
            integer($0, "`count`", in: 1...largestInteger)
        }
        guard let first, let count else { return nil }
        return first..<first + count
    }
}
