/// A set of task numbers kept as disjoint, sorted, non-adjacent ranges, so that a million
/// neighbours cost as much as one.
package struct IntervalSet: Hashable, Sendable {
    /// In ascending order; no two touch; none is empty.
    package private(set) var ranges: [Range<Int>] = []
    /// How many numbers are in the set.
    package private(set) var count = 0

    package init() {}
    package init(_ range: Range<Int>) { insert(range) }

    package var isEmpty: Bool { ranges.isEmpty }
    package var first: Int? { ranges.first?.lowerBound }

    /// The index of the first range that ends after `number`.
    private func firstRange(endingAfter number: Int) -> Int {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound > number { high = middle } else { low = middle + 1 }
        }
        return low
    }

    package func contains(_ number: Int) -> Bool {
        let index = firstRange(endingAfter: number)
        return index < ranges.count && ranges[index].contains(number)
    }

    /// True if every number of `range` is in the set; true for an empty one.
    package func contains(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return true }
        let index = firstRange(endingAfter: range.lowerBound)
        return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
            && range.upperBound <= ranges[index].upperBound
    }

    package func intersects(_ range: Range<Int>) -> Bool {
        let index = firstRange(endingAfter: range.lowerBound)
        return index < ranges.count && ranges[index].overlaps(range)
    }

    package mutating func insert(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let start = firstRange(endingAfter: range.lowerBound - 1)
        var (end, merged) = (start, range)
        while end < ranges.count, ranges[end].lowerBound <= range.upperBound {
            merged =
                min(
                    merged.lowerBound, ranges[end].lowerBound)..<max(
                    merged.upperBound, ranges[end].upperBound)
            count -= ranges[end].count
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: CollectionOfOne(merged))
        count += merged.count
    }

    package mutating func remove(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let start = firstRange(endingAfter: range.lowerBound)
        var (end, rest): (Int, [Range<Int>]) = (start, [])
        while end < ranges.count, ranges[end].lowerBound < range.upperBound {
            let old = ranges[end]
            count -= old.clamped(to: range).count
            if old.lowerBound < range.lowerBound { rest.append(old.lowerBound..<range.lowerBound) }
            if range.upperBound < old.upperBound { rest.append(range.upperBound..<old.upperBound) }
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: rest)
    }

    package mutating func formUnion(_ other: IntervalSet) {
        for range in other.ranges { insert(range) }
    }

    package mutating func subtract(_ other: IntervalSet) {
        for range in other.ranges { remove(range) }
    }

    package func subtracting(_ other: IntervalSet) -> IntervalSet {
        var result = self
        result.subtract(other)
        return result
    }

    package func intersection(_ range: Range<Int>) -> IntervalSet {
        var result = IntervalSet()
        var index = firstRange(endingAfter: range.lowerBound)
        while index < ranges.count, ranges[index].lowerBound < range.upperBound {
            result.insert(ranges[index].clamped(to: range))
            index += 1
        }
        return result
    }

    package func intersection(_ other: IntervalSet) -> IntervalSet {
        var common = IntervalSet()
        for range in other.ranges { common.formUnion(intersection(range)) }
        return common
    }

    /// Takes out the first run of consecutive numbers, at most `limit` of them.
    package mutating func takeFirst(_ limit: Int) -> Range<Int>? {
        guard limit > 0, let first = ranges.first else { return nil }
        let taken = first.prefix(limit)
        remove(taken)
        return taken
    }
}

extension IntervalSet: CustomStringConvertible {
    /// `0-9,12`, both ends included, as selectors on the command line are written.
    package var description: String {
        ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound - 1)" }
            .joined(separator: ",")
    }
}
