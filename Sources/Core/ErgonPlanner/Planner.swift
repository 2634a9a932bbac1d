import ErgonModel

/// Makes a plan. The same problem, prices and effort have the same plan, unless `shouldStop` says
/// otherwise in between.
///
/// A greedy plan comes first and is kept if it is good enough or nothing better is found. Then
/// the prices of all limits are searched at falling temperatures (`PriceSearch`), each time whole
/// tasks are made of the plan in fractions, and the best is kept.
/// - Parameters:
///   - previous: the last plan's prices, if there is one; its problem may have been another.
///   - shouldStop: asked after each step; the plan is then the best so far.
package func plan(
    _ problem: PlanningProblem, after previous: ShadowPrices? = nil, effort: Effort = Effort(),
    shouldStop: () -> Bool = { false }
) -> Plan {
    let model = Model(problem)
    let prices = previous.map { model.prices($0) } ?? model.firstPrices()
    var search = PriceSearch(model, from: prices, steps: effort.iterations)
    var best = Greedy(model).ledger()
    // Where the last prices already are, high temperatures would only undo them.
    for temperature in previous == nil ? [0.05, 0.02, 0.008, 0.003, 0.001] : [0.003, 0.001] {
        guard !isGood(best, search.bound, effort), search.stepsLeft > 0, !shouldStop() else {
            break
        }
        search.climb(temperature: temperature, steps: 190, shouldStop: shouldStop)
        guard temperature < 0.03 else { continue }
        let found = improved(Rounding(search.dual, prices: search.prices).ledger)
        if found.isBetter(than: best) { best = found }
    }
    if best.isShort {
        let found = Greedy(model).ledger(first: best.shortClasses)
        if found.isBetter(than: best) { best = found }
    }
    best.bridge()
    return Plan(model, best, search, effort)
}

private func isGood(_ ledger: Ledger, _ bound: Double, _ effort: Effort) -> Bool {
    !ledger.isShort && ledger.cost - bound <= effort.gap * abs(bound)
}

private func improved(_ ledger: Ledger) -> Ledger {
    var ledger = ledger
    let resettling = Resettling(ledger.model)
    for _ in 0..<2 where !resettling.improve(&ledger) { break }
    return ledger
}

extension Plan {
    fileprivate init(_ model: Model, _ ledger: Ledger, _ search: PriceSearch, _ effort: Effort) {
        let problem = model.problem
        assignments = ledger.assignments()
        pieces = model.pieces
        nodesOn = ledger.nodesOn()
        takes = ledger.takes()
        naive = NaivePlan(model).takes()
        // Rounding errors of some thousand sums must not lift the bound above the truth.
        bound = search.bound - 1e-9 * abs(search.bound)
        prices = model.shadowPrices(search.best)
        iterations = effort.iterations - search.stepsLeft
        verdict = .complete
        guard ledger.isShort else { return }
        let relaxing = effort.relaxes ? Relaxing(problem, model, search) : nil
        verdict = .short(unplaced: ledger.shortfalls, relax: relaxing?.smallest(ledger))
    }
}
