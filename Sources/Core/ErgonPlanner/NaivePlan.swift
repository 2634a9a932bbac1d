import ErgonModel

/// What happens where nobody plans: every class as soon as it is ready, on all nodes it can run on
/// in proportion to their free cores, and no node is switched off before the last task has ended.
struct NaivePlan {
    private let model: Model

    init(_ model: Model) { self.model = model }

    func takes() -> Totals { ledger().takes(isAlwaysOn: true) }

    func ledger() -> Ledger {
        var ledger = Ledger(model)
        let order = model.choicesOfClass.indices.sorted {
            (first(of: $0), $0) < (first(of: $1), $1)
        }
        for index in order { spread(index, in: &ledger) }
        return ledger
    }

    private func first(of index: Int) -> Int {
        model.choices[model.choicesOfClass[index]].map(\.starts.lowerBound).min() ?? 0
    }

    private func spread(_ index: Int, in ledger: inout Ledger) {
        let range = model.choicesOfClass[index]
        let last = model.choices[range].map(\.starts.upperBound).max() ?? -1
        for slot in first(of: index)..<max(first(of: index), last + 1) {
            guard ledger.unplaced[index] > 0 else { return }
            let here = range.filter { model.choices[$0].starts.contains(slot) }
            // What rounding leaves over goes to the first that have room.
            for share in [true, false] {
                let wanted = ledger.unplaced[index]
                let free = here.map { ledger.freeCores($0, slot) }
                let total = free.reduce(0, +)
                for (choice, cores) in zip(here, free) where total > 0 {
                    let part = share ? Int(Double(wanted) * cores / total) : wanted
                    let most = min(part, ledger.unplaced[index])
                    let count = ledger.fit(choice, slot, wanted: most)
                    if count > 0 { ledger.place(choice, slot, count) }
                }
            }
        }
    }
}

extension Ledger {
    /// Core-hours not yet taken on a choice's nodes in a slot.
    func freeCores(_ index: Int, _ slot: Int) -> Double {
        let node = model.choices[index].nodeClass
        guard let row = model.rows.capacitiesOfNode[node].first.map({ model.rows.capacities[$0] })
        else { return 0 }
        return max(0, row.amount[slot] - usage[row.series * model.slots + slot])
    }
}
