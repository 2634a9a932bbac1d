import ErgonModel

/// Classes one after the other, each where it costs least given those before it.
struct Greedy {
    private let model: Model
    /// How often classes that were left out may go first and the rest try again.
    private let rounds = 6

    init(_ model: Model) { self.model = model }

    /// The best plan found. Classes left out go first in the next round (squeaky wheel
    /// optimization, Joslin and Clements 1999).
    func ledger(first urgent: [Int] = []) -> Ledger {
        var order = urgent + model.urgencyOrder().filter { !urgent.contains($0) }
        var best = placed(in: order)
        for _ in 1..<rounds where best.isShort {
            let short = best.shortClasses
            let next = short + order.filter { !short.contains($0) }
            guard next != order else { break }
            order = next
            let found = placed(in: order)
            if found.isBetter(than: best) { best = found }
        }
        return best
    }

    private func placed(in order: [Int]) -> Ledger {
        var ledger = Ledger(model)
        let resettling = Resettling(model)
        for index in order { resettling.settle(index, in: &ledger) }
        return ledger
    }
}

extension Model {
    /// Earliest last start first; among equals, those with the fewest starts.
    func urgencyOrder() -> [Int] {
        let keys = choicesOfClass.map { range in
            (
                last: choices[range].map(\.starts.upperBound).max() ?? 0,
                starts: choices[range].reduce(0) { $0 + $1.starts.count }
            )
        }
        return keys.indices.sorted {
            (keys[$0].last, keys[$0].starts, $0) < (keys[$1].last, keys[$1].starts, $1)
        }
    }
}

extension Ledger {
    var isShort: Bool { unplaced.contains { $0 > 0 } }

    var shortClasses: [Int] { unplaced.indices.filter { unplaced[$0] > 0 } }

    var shortfalls: [Shortfall] {
        shortClasses.map { Shortfall(taskClass: $0, count: unplaced[$0]) }
    }

    /// More work placed counts before less cost.
    func isBetter(than other: Ledger) -> Bool {
        let (mine, theirs) = (unplacedWork, other.unplacedWork)
        return mine == theirs ? cost < other.cost : mine < theirs
    }

    /// In tasks, weighted with their cores.
    private var unplacedWork: Double {
        zip(unplaced, model.problem.taskClasses).reduce(0) {
            $0 + Double($1.0) * Double(max(1, $1.1.cores))
        }
    }
}
