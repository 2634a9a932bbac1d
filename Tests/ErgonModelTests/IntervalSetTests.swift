import ErgonModel
import Testing
import SeededRandom

@Suite struct `Interval sets` {
    @Test(arguments: UInt64(1)...40)
    func `agree with plain sets, whatever is done to them`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (set, plain) = (IntervalSet(), Set<Int>())
        for step in 0..<150 {
            let lower = Int.random(in: 0..<60, using: &generator)
            let range = lower..<lower + Int.random(in: 0..<12, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0, 1:
                set.insert(range)
                plain.formUnion(range)
            case 2:
                set.remove(range)
                plain.subtract(range)
            case 3:
                let limit = Int.random(in: 0..<5, using: &generator)
                let taken = set.takeFirst(limit)
                #expect(taken == firstRun(of: plain, limit))
                if let taken { plain.subtract(taken) }
            default:
                let other = IntervalSet(range)
                #expect(Set(numbers(in: set.subtracting(other))) == plain.subtracting(range))
                #expect(Set(numbers(in: set.intersection(range))) == plain.intersection(range))
                #expect(set.contains(range) == plain.isSuperset(of: range))
                #expect(set.intersects(range) == !plain.isDisjoint(with: range))
                #expect(set.contains(lower) == plain.contains(lower))
            }
            #expect(numbers(in: set) == plain.sorted(), "seed \(seed), step \(step)")
            #expect(set.count == plain.count)
            #expect(set.first == plain.min())
            #expect(set.isEmpty == plain.isEmpty)
            #expect(isNormal(set), "seed \(seed), step \(step): \(set.ranges)")
        }
    }

    private func numbers(in set: IntervalSet) -> [Int] { set.ranges.flatMap { Array($0) } }

    private func firstRun(of plain: Set<Int>, _ limit: Int) -> Range<Int>? {
        guard limit > 0, let first = plain.min() else { return nil }
        var end = first + 1
        while plain.contains(end), end - first < limit { end += 1 }
        return first..<end
    }

    /// Disjoint, ascending, with something between any two.
    private func isNormal(_ set: IntervalSet) -> Bool {
        set.ranges.allSatisfy { !$0.isEmpty }
            && zip(set.ranges, set.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
    }

    @Test(arguments: UInt64(1)...20)
    func `join and subtract each other like plain sets`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func random() -> (IntervalSet, Set<Int>) {
            var (set, plain) = (IntervalSet(), Set<Int>())
            for _ in 0..<8 {
                let lower = Int.random(in: 0..<80, using: &generator)
                set.insert(lower..<lower + 5)
                plain.formUnion(lower..<lower + 5)
            }
            return (set, plain)
        }
        let ((left, leftPlain), (right, rightPlain)) = (random(), random())
        var union = left
        union.formUnion(right)
        #expect(numbers(in: union) == leftPlain.union(rightPlain).sorted())
        #expect(numbers(in: left.subtracting(right)) == leftPlain.subtracting(rightPlain).sorted())
    }

    @Test func `equal sets are equal however they came about`() {
        var pieces = IntervalSet(0..<3)
        pieces.insert(6..<9)
        pieces.insert(3..<6)
        #expect(pieces == IntervalSet(0..<9))
        pieces.remove(4..<5)
        #expect(pieces != IntervalSet(0..<9))
        #expect(pieces.description == "0-3,5-8")
        #expect(IntervalSet(7..<8).description == "7")
        #expect(IntervalSet().description.isEmpty)
    }

    @Test func `a billion neighbours are one range`() {
        var set = IntervalSet(0..<1_000_000_000)
        #expect(set.takeFirst(10) == 0..<10)
        set.remove(500..<501)
        #expect(set.ranges == [10..<500, 501..<1_000_000_000])
        #expect(set.count == 999_999_989)
    }
}
