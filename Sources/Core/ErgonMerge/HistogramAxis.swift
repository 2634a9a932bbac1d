import ErgonModel

/// An axis of a histogram, as far as adding needs it.
struct HistogramAxis {
    /// More bins on one axis are taken for a mistake.
    private static let binLimit: Int64 = 1 << 32

    /// Its description without `writer_info`, with every edge as a double: equal for equal axes.
    let description: JSON
    /// Bins, with those for what lies below, above or in no category.
    let extent: Int

    init(parsing json: JSON) throws(Flaw) {
        let kind = try json.member("type", JSON.text)
        var members: [String: JSON] = ["type": .string(kind)]
        switch kind {
        case "regular":
            try json.requireObject(of: Self.members(["lower", "upper", "bins"], Self.continuous))
            for edge in ["lower", "upper"] {
                members[edge] = .number(try json.member(edge, JSON.real))
            }
            let bins = try json.member("bins", Self.bins)
            members["bins"] = .int(bins)
            extent = bins + (try Self.flow(of: json, Self.continuous, into: &members))
        case "variable":
            try json.requireObject(of: Self.members(["edges"], Self.continuous))
            let edges = try json.member("edges") { edges throws(Flaw) in
                try edges.elements(JSON.real)
            }
            guard edges.count > 1 else { throw JSON.notAHistogram("fewer than two edges") }
            members["edges"] = .array(edges.map { .number($0) })
            extent = edges.count - 1 + (try Self.flow(of: json, Self.continuous, into: &members))
        case "category_str", "category_int":
            try json.requireObject(of: Self.members(["categories"], ["flow"]))
            let categories = try json.member("categories") { names throws(Flaw) in
                try names.elements { name throws(Flaw) -> JSON in
                    kind == "category_str"
                        ? .string(try JSON.text(name)) : .integer(try JSON.whole(name))
                }
            }
            members["categories"] = .array(categories)
            extent = categories.count + (try Self.flow(of: json, ["flow"], into: &members))
        case "boolean":
            try json.requireObject(of: Self.members([], []))
            extent = 2
        default: throw JSON.notAHistogram("unknown type of axis `\(kind)`").inside("type")
        }
        members["metadata"] = metadata(of: json)
        description = .object(members)
    }

    private static let continuous = ["underflow", "overflow", "circular"]

    private static func members(_ own: [String], _ flags: [String]) -> Set<String> {
        Set(own + flags + ["type", "metadata", "writer_info"])
    }

    private static func bins(_ value: JSON) throws(Flaw) -> Int {
        let bins = try JSON.whole(value)
        guard (0...binLimit).contains(bins) else { throw JSON.notAHistogram("\(bins) bins") }
        return Int(bins)
    }

    /// Reads the flags and counts the bins that they add.
    private static func flow(
        of json: JSON, _ flags: [String], into members: inout [String: JSON]
    ) throws(Flaw) -> Int {
        var bins = 0
        for flag in flags {
            let isSet = try json.member(flag, JSON.flag)
            members[flag] = .bool(isSet)
            if isSet && flag != "circular" { bins += 1 }
        }
        return bins
    }
}

/// The member `metadata`, where there is something in it: writers differ on whether to write `{}`.
func metadata(of json: JSON) -> JSON? {
    json["metadata"]?.object?.isEmpty == true ? nil : json["metadata"]
}
