/// When nodes of a class are best on, if each start of one costs something.
///
/// Every node goes its own way through the slots, on or off in each. The cheapest way for one, by
/// dynamic programming over the two states, is therefore the cheapest for all; a share of them in
/// between is a mixture of ways. At a temperature the minimum is soft, and what comes out are the
/// shares of ways that are on, and that start, in each slot.
struct NodePath {
    /// Cost of the ways, all nodes taken together.
    private(set) var value: Double
    /// The share of nodes on in each slot.
    private(set) var on: [Double]
    /// The share of nodes that start in each slot.
    private(set) var started: [Double]

    /// - Parameters:
    ///   - costs: of all nodes on in a slot; at least one slot.
    ///   - starts: of all nodes starting in a slot.
    ///   - share: of the nodes that are on already.
    init(_ costs: [Double], starts: [Double], alreadyOn share: Double, temperature: Double) {
        let slots = costs.count
        value = 0
        on = Array(repeating: 0, count: slots)
        started = on
        for (isOn, weight) in [(false, 1 - share), (true, share)] where weight > 0 {
            walk(costs, starts, isOn: isOn, weight: weight, temperature)
        }
    }

    private mutating func walk(
        _ costs: [Double], _ starts: [Double], isOn: Bool, weight: Double, _ temperature: Double
    ) {
        // The cost up to a slot, off or on in it; the shares of each that were on before.
        var (off, running) = (isOn ? Double.infinity : 0, isOn ? 0 : Double.infinity)
        var stopped: [Double] = []
        var went: [Double] = []
        for (cost, start) in zip(costs, starts) {
            let ends = softMinimum(running, off, temperature)
            let stays = softMinimum(running, off + start, temperature)
            stopped.append(ends.share)
            went.append(stays.share)
            (off, running) = (ends.value, stays.value + cost)
        }
        let last = softMinimum(running, off, temperature)
        value += weight * last.value
        var now = last.share
        for slot in costs.indices.reversed() {
            on[slot] += weight * now
            started[slot] += weight * now * (1 - went[slot])
            now = now * went[slot] + (1 - now) * stopped[slot]
        }
    }

    /// - Returns: the share is the first's.
    private func softMinimum(
        _ first: Double, _ second: Double, _ temperature: Double
    ) -> (value: Double, share: Double) {
        if first == .infinity { return (second, 0) }
        if second == .infinity { return (first, 1) }
        let soft = softMinimumWithZero(first - second, temperature: temperature)
        return (second + soft.value, soft.slope)
    }
}
