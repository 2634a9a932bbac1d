import ErgonModel

/// Looks for the smallest set of deadlines without which all tasks find a place.
struct Relaxing {
    private let problem: PlanningProblem
    private let model: Model
    private let isProven: Bool
    /// What each class pays for being where others want to be too.
    private let pressure: [Double]
    /// Sets tried of each size beyond one.
    private let most = 60

    init(_ problem: PlanningProblem, _ model: Model, _ search: PriceSearch) {
        self.problem = problem
        self.model = model
        isProven = search.provesThatNothingFits()
        pressure = search.pressure()
    }

    func smallest(_ ledger: Ledger) -> Relaxation {
        let candidates = candidates(ledger)
        guard fits(without: candidates) else { return .notEnough(isProven: isProven) }
        for index in candidates where fits(without: [index]) {
            return .deadlines([index], isProven: isProven)
        }
        if let pair = pairs(candidates).first(where: { fits(without: $0) }) {
            return .deadlines(pair.sorted(), isProven: isProven)
        }
        return .deadlines(pruned(candidates), isProven: isProven)
    }

    /// Classes with a deadline within the horizon: those under most pressure first.
    private func candidates(_ ledger: Ledger) -> [Int] {
        problem.taskClasses.indices
            .filter { (problem.taskClasses[$0].deadline ?? problem.end) < problem.end }
            .sorted { left, right in
                let (short, other) = (ledger.unplaced[left] > 0, ledger.unplaced[right] > 0)
                if short != other { return short }
                return (pressure[right], left) < (pressure[left], right)
            }
    }

    private func pairs(_ candidates: [Int]) -> [[Int]] {
        var pairs: [[Int]] = []
        for last in candidates.indices.dropFirst() {
            for first in 0..<last where pairs.count < most {
                pairs.append([candidates[first], candidates[last]])
            }
        }
        return pairs
    }

    /// The first so many that suffice, less those that turn out not to be needed.
    private func pruned(_ candidates: [Int]) -> [Int] {
        var (low, high) = (2, candidates.count)
        while low < high {
            let middle = (low + high) / 2
            if fits(without: Array(candidates.prefix(middle))) {
                high = middle
            } else {
                low = middle + 1
            }
        }
        var set = Array(candidates.prefix(high))
        for index in set.reversed() {
            let rest = set.filter { $0 != index }
            if fits(without: rest) { set = rest }
        }
        return set.sorted()
    }

    private func fits(without deadlines: [Int]) -> Bool {
        var relaxed = problem
        for index in deadlines { relaxed.taskClasses[index].deadline = nil }
        return !Greedy(Model(relaxed)).ledger().isShort
    }
}

extension PriceSearch {
    /// Whether the bound exceeds what the dearest of all plans could cost: then there is none.
    /// Where no plan exists the bound grows with the prices without end, so high ones will do.
    func provesThatNothingFits() -> Bool {
        let model = dual.model
        if zip(model.choicesOfClass, model.counts).contains(where: { $0.isEmpty && $1 > 0 }) {
            return true
        }
        var most = zip(model.counts, model.dearest).reduce(0) { $0 + $1.0 * max(0, $1.1) }
        for node in model.nodes {
            for slot in 0..<model.slots { most += max(0, model.idleCost(node, slot)) }
        }
        var dual = dual
        var slope = Array(repeating: 0.0, count: model.rows.count)
        return [1, 10, 100, 1000, 1e5].contains { factor in
            dual.evaluate(best.map { $0 * factor }, temperature: 0, slope: &slope) > most * 1.000001
        }
    }

    /// For each class, what the rows' prices add to its cheapest cost, for all its tasks.
    func pressure() -> [Double] {
        var dual = dual
        var slope = Array(repeating: 0.0, count: dual.model.rows.count)
        _ = dual.evaluate(best, temperature: 0, slope: &slope)
        return dual.model.choicesOfClass.indices.map { index in
            let least = dual.options(of: index, best).first?.cost ?? 0
            return (least - dual.model.cheapest[index]) * dual.model.counts[index]
        }
    }
}
