/// The loops in which planning spends its time, over plain memory.
enum Kernels {
    /// Adds `factor` times `source` to `target`.
    @inline(__always)
    static func add(
        _ factor: Double, times source: UnsafePointer<Double>,
        to target: UnsafeMutablePointer<Double>, count: Int
    ) {
        for index in 0..<count { target[index] += factor * source[index] }
    }

    @inline(__always)
    static func fill(_ target: UnsafeMutablePointer<Double>, with value: Double, count: Int) {
        for index in 0..<count { target[index] = value }
    }

    /// - Parameter count: a multiple of four.
    @inline(__always)
    static func minimum(_ values: UnsafePointer<Double>, count: Int) -> Double {
        var least = SIMD4<Double>(repeating: .infinity)
        for index in stride(from: 0, to: count, by: 4) {
            least = pointwiseMin(least, load(values + index))
        }
        return least.min()
    }

    /// Turns costs into the unnormalised weights of a soft minimum, and sums them.
    /// - Parameter count: a multiple of four.
    @inline(__always)
    static func weights(
        _ costs: UnsafeMutablePointer<Double>, count: Int, above least: Double,
        inverseTemperature: Double
    ) -> Double {
        var sum = SIMD4<Double>.zero
        for index in stride(from: 0, to: count, by: 4) {
            let exponent = (least - load(costs + index)) * inverseTemperature
            guard exponent.max() > -40 else {
                store(.zero, to: costs + index)
                continue
            }
            let weight = exponential(pointwiseMax(exponent, SIMD4(repeating: -700)))
            store(weight, to: costs + index)
            sum += weight
        }
        return sum.sum()
    }

    @inline(__always)
    static func load(_ place: UnsafePointer<Double>) -> SIMD4<Double> {
        UnsafeRawPointer(place).loadUnaligned(as: SIMD4<Double>.self)
    }

    @inline(__always)
    static func store(_ value: SIMD4<Double>, to place: UnsafeMutablePointer<Double>) {
        UnsafeMutableRawPointer(place).storeBytes(of: value, as: SIMD4<Double>.self)
    }
}
