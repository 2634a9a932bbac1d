/// Climbs a smooth concave function of prices that may not be negative: L-BFGS (Nocedal 1980)
/// on the prices that are free to move, projected back where a step would make one negative.
struct Ascent {
    /// Prices in multiples of a typical price of their row.
    var point: [Double]
    var value: Double
    private var slope: [Double]
    private var steps: [(move: [Double], turn: [Double], product: Double)] = []
    private let memory = 12
    /// Lengths of step tried before a direction is given up.
    private let trials = 12

    /// The function and its gradient at a point.
    typealias Function = ([Double], inout [Double]) -> Double

    init(at point: [Double], _ function: Function) {
        self.point = point
        slope = Array(repeating: 0, count: point.count)
        value = function(point, &slope)
    }

    /// One step up. `false`: there is none.
    mutating func step(_ function: Function) -> Bool {
        var direction = freeSlope()
        let steepest = direction
        bend(&direction)
        var promise = inner(direction, steepest)
        if !(promise > 0) {
            steps = []
            direction = steepest
            promise = inner(steepest, steepest)
        }
        guard promise > 0 else { return false }
        var length = steps.isEmpty ? 1 / promise.squareRoot() : 1
        var next = slope
        for _ in 0..<trials {
            let trial = moved(by: length, direction)
            let found = function(trial, &next)
            let gain = zip(zip(trial, point), slope).reduce(0) { $0 + ($1.0.0 - $1.0.1) * $1.1 }
            if found >= value + 1e-4 * gain, gain > 0 {
                remember(trial, next)
                (point, value, slope) = (trial, found, next)
                return true
            }
            length *= 0.4
        }
        defer { steps = [] }
        return !steps.isEmpty
    }

    /// The gradient, but for prices that are zero and would fall.
    private func freeSlope() -> [Double] {
        zip(point, slope).map { $0 <= 0 && $1 < 0 ? 0 : $1 }
    }

    private func moved(by length: Double, _ direction: [Double]) -> [Double] {
        zip(point, direction).map { max(0, $0 + length * $1) }
    }

    /// The two loops: multiplies by an estimate of the inverse curvature.
    private func bend(_ direction: inout [Double]) {
        let isFixed = direction.map { $0 == 0 }
        var factors: [Double] = []
        for step in steps.reversed() {
            let factor = inner(step.move, direction) / step.product
            factors.append(factor)
            add(-factor, step.turn, to: &direction)
        }
        if let last = steps.last {
            let scale = last.product / inner(last.turn, last.turn)
            for index in direction.indices { direction[index] *= scale }
        }
        for (step, factor) in zip(steps, factors.reversed()) {
            add(factor - inner(step.turn, direction) / step.product, step.move, to: &direction)
        }
        for index in direction.indices where isFixed[index] { direction[index] = 0 }
    }

    private mutating func remember(_ next: [Double], _ nextSlope: [Double]) {
        let move = zip(next, point).map { $0 - $1 }
        let turn = zip(slope, nextSlope).map { $0 - $1 }
        let product = inner(move, turn)
        guard product > 1e-12 * (inner(move, move) * inner(turn, turn)).squareRoot() else { return }
        steps.append((move, turn, product))
        if steps.count > memory { steps.removeFirst() }
    }

    private func inner(_ left: [Double], _ right: [Double]) -> Double {
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                var sum = SIMD4<Double>.zero
                let whole = left.count & ~3
                guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
                for index in stride(from: 0, to: whole, by: 4) {
                    sum += Kernels.load(first + index) * Kernels.load(second + index)
                }
                var rest = 0.0
                for index in whole..<left.count { rest += left[index] * right[index] }
                return sum.sum() + rest
            }
        }
    }

    private func add(_ factor: Double, _ source: [Double], to target: inout [Double]) {
        source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
                guard let first = source.baseAddress, let second = target.baseAddress else {
                    return
                }
                Kernels.add(factor, times: first, to: second, count: source.count)
            }
        }
    }
}
