package import ErgonModel
import ErgonProvenance

/// How many tasks have to be run again to find what is wrong with some of them.
package enum SampleSize {
    /// The fewest of `population` tasks among which, with a probability of at least `confidence`,
    /// there is a wrong one, if a fraction of `wrong` of all are. Drawn without replacement, so
    /// that a miss has the probability Π (N − m − i)/(N − i) over i from 0 to k − 1.
    /// - Parameters:
    ///   - wrong: from 0 to 1; rounded up to a whole number of tasks, and at least one.
    ///   - confidence: from 0 to 1.
    package static func needed(
        toFind wrong: Double, confidence: Double, in population: Int
    ) -> Int {
        guard population > 0 else { return 0 }
        let bad = min(max(Int((wrong * Double(population)).rounded(.up)), 1), population)
        var (size, miss) = (0, 1.0)
        while size < population, miss > 1 - confidence {
            miss *= Double(max(population - bad - size, 0)) / Double(population - size)
            size += 1
        }
        return size
    }

    /// What fraction may be wrong at most, at 95 %, where `clean` of `population` tasks came out
    /// the same and none did not: about 3/k, the rule of three; nothing where all were looked at.
    package static func upperBound(clean: Int, of population: Int) -> Double {
        if clean >= population { return 0 }
        return clean == 0 ? 1 : min(3 / Double(clean), 1)
    }
}

/// Numbers that whoever ran the tasks could not choose: the first eight bytes of
/// SHA-256(root ‖ cosignatures ‖ counter), the counter in eight bytes, the most significant first.
/// The root is fixed when the results are; a witness's signature is not the operator's to make.
package struct DrawnNumbers: Sendable {
    private let seed: [UInt8]
    private var counter: UInt64 = 0

    /// - Parameter cosignatures: those of witnesses, in the order of the checkpoint.
    package init(root: Digest, cosignatures: [[UInt8]]) {
        seed = root.bytes + cosignatures.joined()
    }

    private mutating func next() -> UInt64 {
        let number = (0..<8).map { UInt8(truncatingIfNeeded: counter >> (56 - 8 * UInt64($0))) }
        counter += 1
        return Digest(of: seed + number).words.0
    }

    /// Each number below `bound` is as likely as any other: what would favour some is drawn anew.
    private mutating func next(below bound: UInt64) -> UInt64 {
        let surplus = (UInt64.max % bound + 1) % bound
        while true {
            let number = next()
            if number <= UInt64.max - surplus { return number % bound }
        }
    }

    /// `count` of the numbers below `population`, each at most once.
    package mutating func sample(_ count: Int, below population: Int) -> IntervalSet {
        var chosen = IntervalSet()
        // Floyd's way: one draw for each number that is chosen.
        for last in max(population - count, 0)..<population {
            let number = Int(next(below: UInt64(last + 1)))
            let place = chosen.contains(number) ? last : number
            chosen.insert(place..<place + 1)
        }
        return chosen
    }
}
