/// Exponential and logarithm, written out because the core links no mathematics library; the
/// first works on four numbers at a time, and planning spends most of its time in it.

/// The exponential of numbers from -700 to 0, to about 1e-13 of its value.
@inline(__always)
func exponential(_ x: SIMD4<Double>) -> SIMD4<Double> {
    // Adding 1.5 * 2^52 leaves the nearest whole number in the lowest bits.
    let shift = SIMD4<Double>(repeating: 6_755_399_441_055_744)
    let shifted = x * 1.442_695_040_888_963_4 + shift
    let whole = shifted - shift
    let rest = (x - whole * 0.693_147_180_369_123_8) - whole * 1.908_214_929_270_587_7e-10
    var value = SIMD4<Double>(repeating: 1 / 3_628_800.0)
    value = value * rest + 1 / 362_880.0
    value = value * rest + 1 / 40_320.0
    value = value * rest + 1 / 5_040.0
    value = value * rest + 1 / 720.0
    value = value * rest + 1 / 120.0
    value = value * rest + 1 / 24.0
    value = value * rest + 1 / 6.0
    value = value * rest + 0.5
    value = value * rest + 1
    value = value * rest + 1
    // Multiplying by two to the whole number is adding it to the exponent's bits.
    let bits = unsafeBitCast(shifted, to: SIMD4<UInt64>.self) &<< 52
    return unsafeBitCast(
        unsafeBitCast(value, to: SIMD4<UInt64>.self) &+ bits, to: SIMD4<Double>.self)
}

/// The natural logarithm of a positive number.
func logarithm(_ x: Double) -> Double {
    var significand = x.significand
    var exponent = Double(x.exponent)
    if significand > 1.414_213_562_373_095 {
        significand /= 2
        exponent += 1
    }
    let ratio = (significand - 1) / (significand + 1)
    let square = ratio * ratio
    var series = 1 / 19.0
    for divisor in [17.0, 15, 13, 11, 9, 7, 5, 3, 1] { series = series * square + 1 / divisor }
    return 2 * ratio * series + exponent * 0.693_147_180_559_945_3
}

/// A smooth minimum of 0 and `x`, never above it, and its slope by `x`.
func softMinimumWithZero(_ x: Double, temperature: Double) -> (value: Double, slope: Double) {
    guard temperature > 0 else { return x < 0 ? (x, 1) : (0, 0) }
    let distance = abs(x) / temperature
    guard distance < 40 else { return x < 0 ? (x, 1) : (0, 0) }
    let small = exponential(SIMD4(repeating: -distance))[0]
    let value = min(0, x) - temperature * logarithm(1 + small)
    return (value, x < 0 ? 1 / (1 + small) : small / (1 + small))
}
