import ErgonModel

/// A histogram of the UHI JSON form (scikit-hep `uhi`, `histogram.schema.json`, `uhi_schema` 1).
///
/// The form is carried from level to level with one member more, beside `storage`:
///
///     "ergon_exact": {"values": {"7": [1.5e-17]}}
///
/// Bin 7 of `storage.values`, counted in row-major order, is then the double nearest to a sum, and
/// the sum itself is exactly that double plus those listed. A bin that is exact is not listed, a
/// column without such bins neither, and where nothing is left to say the member is absent.
/// Where even the partial sum is beyond the largest double, the bin holds that largest double.
struct Histogram {
    enum Storage: String {
        case int, double, weighted

        /// The arrays of the storage, one number a bin in each.
        var columns: [String] { self == .weighted ? ["values", "variances"] : ["values"] }
    }

    /// Which bins have numbers.
    enum Bins: Equatable {
        /// The storage is only a type.
        case none
        /// By their numbers in row-major order, ascending.
        case listed([Int])
        case all(Int)

        var count: Int {
            switch self {
            case .none: 0
            case .listed(let numbers): numbers.count
            case .all(let count): count
            }
        }
    }

    /// One number a bin, in the order of the bins.
    enum Column {
        case counts([Int64])
        /// - Parameter rests: by bin number, what the sum has beyond the value.
        case sums([Double], rests: [Int: [Double]])
    }

    let storage: Storage
    /// Everything but the bins, without `writer_info`: must be equal in what is added.
    let frame: JSON
    /// The bins along each axis.
    let shape: [Int]
    var bins: Bins
    /// As many as the storage has, or none where no bin has a number.
    var columns: [Column]
}

extension Histogram {
    init(parsing json: JSON) throws(Flaw) {
        try json.requireObject(of: [
            "uhi_schema", "writer_info", "metadata", "axes", "storage", "ergon_exact",
        ])
        guard try json.member("uhi_schema", JSON.whole) == 1 else {
            throw JSON.notAHistogram("unknown version").inside("uhi_schema")
        }
        let axes = try json.member("axes") { axes throws(Flaw) in
            try axes.elements { axis throws(Flaw) in try HistogramAxis(parsing: axis) }
        }
        shape = axes.map(\.extent)
        storage = try json.member("storage", Self.storage)
        var frame: [String: JSON] = [
            "uhi_schema": .integer(1), "axes": .array(axes.map(\.description)),
            "storage": .object(["type": .string(storage.rawValue)]),
        ]
        frame["metadata"] = metadata(of: json)
        self.frame = .object(frame)

        let reader = StorageReader(shape: shape, kind: storage)
        (bins, columns) = try json.member("storage", reader.contents)
        if json["ergon_exact"] != nil {
            columns = try json.member("ergon_exact") { rests throws(Flaw) in
                try reader.columns(columns, in: bins, with: rests)
            }
        }
    }

    private static func storage(_ json: JSON) throws(Flaw) -> Storage {
        let kind = try json.member("type", JSON.text)
        if let storage = Storage(rawValue: kind) { return storage }
        guard kind == "mean" || kind == "weighted_mean" else {
            throw JSON.notAHistogram("unknown type of storage `\(kind)`").inside("type")
        }
        throw Flaw(
            path: "/type", problem: "means (`\(kind)`) cannot be added exactly",
            remedy: "fill two `weighted` histograms, of w and of w·x, and divide after the merge")
    }
}

extension Histogram {
    /// The UHI JSON form, in the order of the canonical form of JSON.
    /// - Parameter isTop: whether to leave out what only a further merge needs.
    func json(isTop: Bool) -> JSON {
        guard case .object(var members) = frame else { return frame }
        var contents: [String: JSON] = ["type": .string(storage.rawValue)]
        var rests: [String: JSON] = [:]
        if case .listed(let numbers) = bins { contents["index"] = index(of: numbers) }
        for (name, column) in zip(storage.columns, columns) {
            contents[name] = json(of: column)
            if case .sums(_, let left) = column, !left.isEmpty { rests[name] = json(of: left) }
        }
        members["storage"] = .object(contents)
        if !isTop && !rests.isEmpty { members["ergon_exact"] = .object(rests) }
        return .object(members)
    }

    private func json(of column: Column) -> JSON {
        let values: [JSON] =
            switch column {
            case .counts(let counts): counts.map { .integer($0) }
            case .sums(let sums, _): sums.map { .number($0) }
            }
        if case .listed = bins { return .array(values) }
        return nested(values[...], shape[...])
    }

    private func json(of rests: [Int: [Double]]) -> JSON {
        let members = rests.map { bin, rest in
            (String(bin), JSON.array(rest.map { .number($0) }))
        }
        return .object(Dictionary(uniqueKeysWithValues: members))
    }

    private func nested(_ values: ArraySlice<JSON>, _ shape: ArraySlice<Int>) -> JSON {
        guard let extent = shape.first else { return values.first ?? .null }
        let size = extent == 0 ? 0 : values.count / extent
        let rows = (0..<extent).map { row in
            let start = values.startIndex + row * size
            return nested(values[start..<start + size], shape.dropFirst())
        }
        return .array(rows)
    }

    /// One array an axis, with the position of each bin along it.
    private func index(of numbers: [Int]) -> JSON {
        var rows: [JSON] = []
        var rest = numbers
        for extent in shape.reversed() {
            rows.append(.array(rest.map { .int($0 % extent) }))
            rest = rest.map { $0 / extent }
        }
        return .array(rows.reversed())
    }

    /// Where bin `number` stands in an array: `/values/3/0`.
    func path(of position: Int, in column: String) -> [String] {
        switch bins {
        case .listed: return [column, String(position)]
        case .none, .all:
            var (tokens, rest): ([String], Int) = ([], position)
            for extent in shape.reversed() {
                tokens.append(String(rest % extent))
                rest /= extent
            }
            return [column] + tokens.reversed()
        }
    }
}
