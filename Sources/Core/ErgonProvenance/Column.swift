/// One value for each of many neighbours; equal ones that follow each other are kept once.
struct Column<Value: Equatable> {
    struct Run {
        var value: Value
        var count: Int
    }

    private(set) var runs: [Run] = []
    private(set) var count = 0

    var isEmpty: Bool { runs.isEmpty }

    mutating func append(_ value: Value, count: Int = 1) {
        guard count > 0 else { return }
        self.count += count
        if let end = runs.indices.last, runs[end].value == value {
            runs[end].count += count
        } else {
            runs.append(Run(value: value, count: count))
        }
    }
}

/// Goes through a column from its start on.
struct ColumnCursor<Value: Equatable> {
    private let column: Column<Value>
    private var run = 0
    /// How many values of the run are behind.
    private var used = 0

    init(_ column: Column<Value>) { self.column = column }

    /// The next value, if the column is not at its end.
    var value: Value? { run < column.runs.count ? column.runs[run].value : nil }

    /// How many values from here on are equal, as far as it is known.
    var left: Int { run < column.runs.count ? column.runs[run].count - used : .max }

    /// - Precondition: `count` is at most `left`.
    mutating func skip(_ count: Int) {
        guard run < column.runs.count else { return }
        used += count
        if used == column.runs[run].count { (run, used) = (run + 1, 0) }
    }

    mutating func next() -> Value? {
        defer { skip(1) }
        return value
    }
}
