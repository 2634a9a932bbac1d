import ErgonModel

/// Reads the bins of a histogram whose axes are known.
struct StorageReader {
    var shape: [Int]
    var kind: Histogram.Storage

    /// Empty, dense or sparse, as the schema has them.
    func contents(
        _ json: JSON
    ) throws(Flaw) -> (Histogram.Bins, [Histogram.Column]) {
        try json.requireObject(of: Set(["type", "index", "writer_info"] + kind.columns))
        guard kind.columns.contains(where: { json[$0] != nil }) || json["index"] != nil else {
            return (.none, [])
        }
        guard let index = json["index"] else {
            var columns: [Histogram.Column] = []
            for name in kind.columns {
                let column = try json.member(name) { values throws(Flaw) -> Histogram.Column in
                    try self.column(values, shape[...])
                }
                columns.append(column)
            }
            return (.all(try size()), columns)
        }
        let numbers = try JSON.object(["index": index]).member("index", self.numbers)
        let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
        let sorted = order.map { numbers[$0] }
        guard !zip(sorted, sorted.dropFirst()).contains(where: { $0 == $1 }) else {
            throw JSON.notAHistogram("a bin stands twice").inside("index")
        }
        var columns: [Histogram.Column] = []
        for name in kind.columns {
            let column = try json.member(name) { values throws(Flaw) -> Histogram.Column in
                try self.column(values, [numbers.count])
            }
            columns.append(column.reordered(order))
        }
        return (.listed(sorted), columns)
    }

    private func size() throws(Flaw) -> Int {
        var size = 1
        for extent in shape {
            let (product, isBeyond) = size.multipliedReportingOverflow(by: extent)
            guard !isBeyond else { throw JSON.notAHistogram("more than 2^63 bins") }
            size = product
        }
        return size
    }

    /// Bin numbers from the positions along each axis.
    private func numbers(_ index: JSON) throws(Flaw) -> [Int] {
        _ = try size()
        let rows = try index.elements { row throws(Flaw) in try row.elements(JSON.whole) }
        guard let first = rows.first, rows.count == shape.count else {
            throw JSON.notAHistogram("\(rows.count) rows for \(shape.count) axes")
        }
        var numbers = [Int](repeating: 0, count: first.count)
        for (axis, row) in rows.enumerated() {
            guard row.count == first.count else {
                throw JSON.notAHistogram("\(row.count) positions, but \(first.count) on axis 0")
                    .inside(axis)
            }
            for (entry, position) in row.enumerated() {
                guard (0..<Int64(shape[axis])).contains(position) else {
                    throw JSON.notAHistogram("no bin \(position)").inside(entry).inside(axis)
                }
                numbers[entry] = numbers[entry] * shape[axis] + Int(position)
            }
        }
        return numbers
    }

    private func column(
        _ json: JSON, _ shape: ArraySlice<Int>
    ) throws(Flaw) -> Histogram.Column {
        if json.string != nil {
            throw Flaw(
                problem: "a reference to another file",
                remedy: "write the numbers into the JSON itself")
        }
        switch kind {
        case .int:
            var counts: [Int64] = []
            try flatten(json, shape, JSON.whole, into: &counts)
            return .counts(counts)
        case .double, .weighted:
            var sums: [Double] = []
            try flatten(json, shape, JSON.real, into: &sums)
            return .sums(sums, rests: [:])
        }
    }

    private func flatten<Value>(
        _ json: JSON, _ shape: ArraySlice<Int>, _ read: (JSON) throws(Flaw) -> Value,
        into values: inout [Value]
    ) throws(Flaw) {
        guard let extent = shape.first else {
            values.append(try read(json))
            return
        }
        guard let rows = json.array, rows.count == extent else {
            let given = json.array.map { "\($0.count) bins" } ?? "not an array"
            throw JSON.notAHistogram("\(given) where the axis has \(extent)")
        }
        for index in rows.indices {
            do {
                try flatten(rows[index], shape.dropFirst(), read, into: &values)
            } catch {
                throw error.inside(index)
            }
        }
    }

    /// - Parameter rests: the member `ergon_exact`.
    func columns(
        _ columns: [Histogram.Column], in bins: Histogram.Bins, with rests: JSON
    ) throws(Flaw) -> [Histogram.Column] {
        try rests.requireObject(of: Set(kind == .int ? [] : kind.columns))
        var result: [Histogram.Column] = []
        for (name, column) in zip(kind.columns, columns) {
            guard case .sums(let sums, _) = column, rests[name] != nil else {
                result.append(column)
                continue
            }
            let left = try rests.member(name) { rests throws(Flaw) in
                try self.rests(rests, in: bins)
            }
            result.append(.sums(sums, rests: left))
        }
        return result
    }

    private func rests(_ json: JSON, in bins: Histogram.Bins) throws(Flaw) -> [Int: [Double]] {
        guard let members = json.object else { throw JSON.notAHistogram("not an object") }
        var rests: [Int: [Double]] = [:]
        for name in sortedNames(members.keys) {
            guard let number = Int(name), bins.position(of: number) != nil else {
                throw JSON.notAHistogram("no bin `\(name)`")
            }
            rests[number] = try json.member(name) { rest throws(Flaw) in
                try rest.elements(JSON.real)
            }
        }
        return rests
    }
}

extension Histogram.Column {
    /// - Parameter order: for each place the old one of what comes there.
    fileprivate func reordered(_ order: [Int]) -> Histogram.Column {
        switch self {
        case .counts(let counts): .counts(order.map { counts[$0] })
        case .sums(let sums, let rests): .sums(order.map { sums[$0] }, rests: rests)
        }
    }
}

extension Histogram.Bins {
    /// Where in a column the number of that bin stands.
    func position(of number: Int) -> Int? {
        switch self {
        case .none: return nil
        case .all(let count): return (0..<count).contains(number) ? number : nil
        case .listed(let numbers):
            var (low, high) = (0, numbers.count)
            while low < high {
                let middle = (low + high) / 2
                if numbers[middle] < number { low = middle + 1 } else { high = middle }
            }
            return low < numbers.count && numbers[low] == number ? low : nil
        }
    }

    /// The bins that have a number on either side.
    func union(_ other: Histogram.Bins) -> Histogram.Bins {
        switch (self, other) {
        case (.all, _), (_, .none): self
        case (_, .all), (.none, _): other
        case (.listed(let left), .listed(let right)): .listed(Set(left).union(right).sorted())
        }
    }
}
