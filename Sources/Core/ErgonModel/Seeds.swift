/// The random seed of number `number` of a step: the first 53 bits of
/// SHA-256("ergon-seed-v1\n" campaign seed "\n" step "\n" number), everything in decimal.
/// It depends neither on the split nor on the attempt nor on the worker, and any JSON reader
/// holds it exactly.
/// - Parameters:
///   - number: which seed of a step split by seeds; `nil` for the one seed of any other step.
///   - hash: SHA-256, handed in so that the nouns need no cryptography.
package func seed(
    campaign: Int64, step: String, number: Int?, hash: ([UInt8]) -> Digest
) -> Int64 {
    let text = "ergon-seed-v1\n\(campaign)\n\(step)\n\(number.map(String.init) ?? "")"
    let first = hash(Array(text.utf8)).bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int64(first >> 11)
}
