import ErgonModel

/// The Lagrangian dual of the program, smooth at a temperature, exact at temperature zero.
///
/// For any prices that are not negative, the exact value is a lower bound of what any plan costs:
/// every task takes its cheapest choice at these prices, every node is on if that pays.
struct Dual {
    let model: Model
    /// For each choice, where its starts stand in `tasks`; padded to multiples of four.
    let places: [Int]
    /// Cost of tasks with all prices while a class is looked at, then tasks of each choice.
    var tasks: [Double]
    /// Prices of each series, and what tasks take of it.
    var series: [Double]
    var usage: [Double]
    /// The share of nodes that are on, by node class and slot.
    var on: [Double]
    /// The share of nodes that start, by node class and slot.
    var started: [Double]
    /// What makes a class's costs comparable with its temperature.
    let scales: [Double]
    /// Sums of what is limited for the whole plan, of constant parts only.
    var constants = (energy: 0.0, money: 0.0)
    private var run: [Double]

    init(_ model: Model) {
        self.model = model
        var places: [Int] = []
        var place = 0
        for choice in model.choices {
            places.append(place)
            place += Dual.padded(choice.starts.count)
        }
        self.places = places
        tasks = Array(repeating: 0, count: place + 4)
        series = model.base
        usage = Array(repeating: 0, count: model.base.count)
        on = Array(repeating: 0, count: model.nodes.count * model.slots)
        started = on
        run = Array(repeating: 0, count: 2 * model.slots + 2)
        scales = zip(model.cheapest, model.dearest).map { max(abs($0), 0.02 * abs($1), 1e-15) }
    }

    static func padded(_ count: Int) -> Int { (count + 3) & ~3 }

    /// The value at `prices`; `slope` becomes its gradient, `tasks`, `usage` and `on` the plan in
    /// fractions that goes with it.
    mutating func evaluate(
        _ prices: [Double], temperature: Double, slope: inout [Double]
    ) -> Double {
        setSeries(prices)
        for index in usage.indices { usage[index] = 0 }
        constants = (0, 0)
        var value = 0.0
        for index in model.choicesOfClass.indices {
            value += takeChoices(of: index, prices, temperature: temperature)
        }
        value += switchNodes(prices, temperature: temperature)
        return value + measureRows(prices, slope: &slope)
    }

    /// The prices of the rows, put into the series that they concern.
    private mutating func setSeries(_ prices: [Double]) {
        let slots = model.slots
        series = model.base
        for row in model.rows.capacities {
            for slot in 0..<slots where row.amount[slot] > 0 {
                series[row.series * slots + slot] += prices[row.offset + slot] / row.amount[slot]
            }
        }
        for row in model.rows.limits {
            for slot in 0..<slots {
                series[row.series * slots + slot] += prices[row.offset + slot] / row.amount[slot]
            }
        }
        for (index, node) in model.nodes.enumerated() {
            for row in model.rows.powers where row.site == node.site {
                for slot in 0..<slots {
                    series[index * slots + slot] +=
                        prices[row.offset + slot] / max(row.amount[slot], 1e-12)
                }
            }
            for row in model.rows.totals {
                let price = prices[row.offset] / row.norm
                guard price != 0 else { continue }
                let rate = row.of.rate(of: node)
                for slot in 0..<slots { series[index * slots + slot] += price * rate[slot] }
            }
        }
    }

    /// The price of what is limited for the whole plan, for a choice's constant part.
    private func constantPrice(_ choice: Model.Choice, _ prices: [Double]) -> Double {
        model.rows.totals.reduce(choice.constant) { sum, row in
            sum + prices[row.offset] / row.norm * row.of.constant(of: choice)
        }
    }

    private mutating func takeChoices(
        of index: Int, _ prices: [Double], temperature: Double
    ) -> Double {
        let range = model.choicesOfClass[index]
        let count = model.counts[index]
        guard !range.isEmpty, count > 0 else { return 0 }
        var least = Double.infinity
        var leastOfChoice: [Double] = []
        leastOfChoice.reserveCapacity(range.count)
        for choice in range {
            let own = priceStarts(of: choice, prices)
            leastOfChoice.append(own)
            least = min(least, own)
        }
        let scaled = temperature * scales[index]
        // At temperature zero the weights are those of a very cold soft minimum.
        let effective = max(scaled, 1e-9 * scales[index])
        var sum = 0.0
        for (choice, own) in zip(range, leastOfChoice) where own - least <= 40 * effective {
            sum += weigh(choice, above: least, temperature: effective)
        }
        for (choice, own) in zip(range, leastOfChoice) {
            if own - least <= 40 * effective {
                use(choice, factor: count / sum)
            } else {
                clear(choice)
            }
        }
        return count * (scaled > 0 ? least - scaled * logarithm(sum) : least)
    }

    private mutating func clear(_ index: Int) {
        let (place, count) = (places[index], Dual.padded(model.choices[index].starts.count))
        tasks.withUnsafeMutableBufferPointer { tasks in
            guard let base = tasks.baseAddress else { return }
            Kernels.fill(base + place, with: 0, count: count)
        }
    }

    private mutating func weigh(_ index: Int, above least: Double, temperature: Double) -> Double {
        let (place, count) = (places[index], Dual.padded(model.choices[index].starts.count))
        return tasks.withUnsafeMutableBufferPointer { tasks in
            guard let base = tasks.baseAddress else { return 0 }
            return Kernels.weights(
                base + place, count: count, above: least,
                inverseTemperature: 1 / temperature)
        }
    }

    /// Writes the cost of every start of a choice, and returns the least.
    mutating func priceStarts(of index: Int, _ prices: [Double]) -> Double {
        let choice = model.choices[index]
        let constant = constantPrice(choice, prices)
        let (slots, first, count) = (model.slots, choice.starts.lowerBound, choice.starts.count)
        let padded = Dual.padded(count)
        if choice.isSpanning { priceRun(of: choice) }
        let (place, run) = (places[index], run)
        return tasks.withUnsafeMutableBufferPointer { tasks in
            series.withUnsafeBufferPointer { series in
                guard let tasks = tasks.baseAddress, let series = series.baseAddress else {
                    return .infinity
                }
                let own = tasks + place
                Kernels.fill(own, with: constant, count: count)
                Kernels.fill(own + count, with: .infinity, count: padded - count)
                for term in choice.atStart {
                    let source = series + (term.series * slots + first)
                    Kernels.add(term.amount, times: source, to: own, count: count)
                }
                if choice.isSpanning {
                    model.addRuns(of: choice, run, to: own)
                } else {
                    for term in choice.spread {
                        let source = series + (term.series * slots + first)
                        Kernels.add(term.amount, times: source, to: own, count: count)
                    }
                }
                return Kernels.minimum(own, count: padded)
            }
        }
    }

    /// `run` becomes what a slot's run costs, and from `slots` on, its sums.
    private mutating func priceRun(of choice: Model.Choice) {
        let slots = model.slots
        run[slots] = 0
        for slot in choice.starts.lowerBound..<slots {
            run[slot] = 0
            for term in choice.spread {
                run[slot] += term.amount * series[term.series * slots + slot]
            }
        }
        run[slots + choice.starts.lowerBound] = 0
        for slot in choice.starts.lowerBound..<slots {
            run[slots + slot + 1] = run[slots + slot] + run[slot]
        }
    }

    /// Turns weights into tasks and adds up what they take.
    private mutating func use(_ index: Int, factor: Double) {
        let choice = model.choices[index]
        let (slots, first, count) = (model.slots, choice.starts.lowerBound, choice.starts.count)
        let (place, isSpanning) = (places[index], choice.isSpanning)
        var total = 0.0
        tasks.withUnsafeMutableBufferPointer { tasks in
            usage.withUnsafeMutableBufferPointer { usage in
                guard let tasks = tasks.baseAddress, let usage = usage.baseAddress else { return }
                let own = tasks + place
                for start in 0..<count {
                    own[start] *= factor
                    total += own[start]
                }
                for term in choice.atStart {
                    let target = usage + (term.series * slots + first)
                    Kernels.add(term.amount, times: own, to: target, count: count)
                }
                guard !isSpanning else { return }
                for term in choice.spread {
                    let target = usage + (term.series * slots + first)
                    Kernels.add(term.amount, times: own, to: target, count: count)
                }
            }
        }
        constants.energy += total * choice.constantEnergy
        constants.money += total * choice.constantMoney
        if isSpanning { useRuns(of: choice, place: place) }
    }

    private mutating func useRuns(of choice: Model.Choice, place: Int) {
        let slots = model.slots
        let whole = Int(choice.length)
        let rest = choice.length - Double(whole)
        let first = choice.starts.lowerBound
        // What starts in a slot of which only a part is left runs otherwise than the rest.
        let isCut = first == 0 && model.restOfFirst < 1
        let starts = (isCut ? 1 : first)..<choice.starts.upperBound + 1
        if isCut { useFirst(of: choice, tasks[place]) }
        var running = 0.0
        for slot in first..<slots {
            if starts.contains(slot) { running += tasks[place + slot - first] }
            let ended = slot - whole
            var share = running
            if starts.contains(ended) {
                running -= tasks[place + ended - first]
                share = running + rest * tasks[place + ended - first]
            }
            guard share > 0 else { continue }
            for term in choice.spread {
                usage[term.series * slots + slot] += term.amount * share / choice.length
            }
        }
    }

    /// What tasks take that start in what is left of the first slot.
    private mutating func useFirst(of choice: Model.Choice, _ count: Double) {
        for part in model.run(of: choice, from: 0) {
            for term in choice.spread {
                usage[term.series * model.slots + part.slot] += term.amount * count * part.share
            }
        }
    }
}

extension Model {
    /// Adds what a run costs from each start.
    /// - Parameter run: of a slot, and from `slots` on, its sums.
    fileprivate func addRuns(
        of choice: Choice, _ run: [Double], to own: UnsafeMutablePointer<Double>
    ) {
        let whole = Int(choice.length)
        let rest = choice.length - Double(whole)
        for (index, start) in choice.starts.enumerated() {
            if start == 0, restOfFirst < 1 {
                own[index] += self.run(of: choice, from: 0).reduce(0) {
                    $0 + $1.share * run[$1.slot]
                }
                continue
            }
            var sum = run[slots + start + whole] - run[slots + start]
            if rest > 1e-9 { sum += rest * run[start + whole] }
            own[index] += sum / choice.length
        }
    }
}
