package import ErgonModel

/// What tasks of the classes took on the node classes so far, and what more of them will take.
///
/// A value that grows by one observation at a time: the same observations in the same order are
/// the same experience. Classes and node classes go by name, for they outlive a problem.
package struct Experience: Hashable, Sendable {
    package struct Pair: Hashable, Sendable {
        package var taskClass: String
        package var nodeClass: String

        package init(taskClass: String, nodeClass: String) {
            self.taskClass = taskClass
            self.nodeClass = nodeClass
        }
    }

    /// What a task of a class will take, and how that is known.
    package struct Forecast: Hashable, Sendable {
        package enum Source: Hashable, Sendable {
            /// From so many tasks of the class on such nodes.
            case observed(Int)
            /// From the class on other nodes and the speed of these.
            case inferred
            /// From what the user expects.
            case expected
            /// From what the user allows at most.
            case requested
        }

        package var runTime: Microseconds
        package var cautiousRunTime: Microseconds
        /// `nil` if nothing on such nodes was ever measured.
        package var dynamicPower: Watts?
        package var source: Source
    }

    /// Tasks of a class that run on each node class before its figures are trusted.
    package static let probes = 8
    /// Users ask for 6.7 times what they use (log of the LHC Computing Grid, November 2005).
    static let usualExcess = 6.7

    /// The share of tasks that end within `cautiousRunTime`.
    package let coverage: Double
    private var runTimes: [Pair: RunTimes] = [:]
    private var powers: [Pair: Average] = [:]
    /// The logarithm of each node class's speed.
    private var speeds: [String: Double] = [:]

    package init(coverage: Double = 0.9) { self.coverage = coverage }

    /// - Parameters:
    ///   - runTime: of a task that succeeded; a failed one says nothing of the next.
    ///   - power: its mean dynamic power, if it was measured.
    package mutating func observe(_ pair: Pair, runTime: Microseconds, power: Watts?) {
        guard runTime > .zero else { return }
        runTimes[pair, default: RunTimes(coverage: coverage)].add(runTime.seconds)
        if let power { powers[pair, default: Average()].add(Double(power.milliwatts)) }
        // Speeds settle soon; fitting them to every one of a million results would be waste.
        let count = runTimes[pair]?.mean.count ?? 0
        if count <= Self.probes || count & (count - 1) == 0 { fitSpeeds() }
    }

    /// Tasks of the class still to run on such nodes before its figures are trusted.
    package func missingProbes(_ pair: Pair) -> Int {
        max(0, Self.probes - (runTimes[pair]?.mean.count ?? 0))
    }

    /// - Parameters:
    ///   - requested: what the user allows a task at most.
    ///   - expected: what the user thinks it takes, on a node of speed 1.
    ///   - speed: of such nodes.
    package func forecast(
        _ pair: Pair, requested: Microseconds, expected: Microseconds? = nil, speed: Double = 1
    ) -> Forecast {
        let feared = (expected ?? requested).seconds / speed
        if let known = runTimes[pair] {
            let cautious = known.cautious(ratherThan: feared)
            return forecast(
                pair, mean: known.mean.value, cautious: min(cautious, requested.seconds),
                source: .observed(known.mean.count))
        }
        if let (mean, cautious) = inferred(pair) {
            return forecast(
                pair, mean: mean, cautious: min(max(mean, cautious), requested.seconds),
                source: .inferred)
        }
        let mean = expected?.seconds ?? requested.seconds / Self.usualExcess
        return forecast(
            pair, mean: mean / speed, cautious: feared,
            source: expected == nil ? .requested : .expected)
    }

    /// The speed of a node class over the mean of all; `nil` if none of its tasks ended yet.
    package func speed(of nodeClass: String) -> Double? { speeds[nodeClass].map(exponential) }

    private func forecast(
        _ pair: Pair, mean: Double, cautious: Double, source: Forecast.Source
    ) -> Forecast {
        Forecast(
            runTime: Microseconds(max(1, whole(mean * 1e6))),
            cautiousRunTime: Microseconds(max(1, whole(max(mean, cautious) * 1e6))),
            dynamicPower: power(pair).map { Watts(milliwatts: whole($0)) }, source: source)
    }

    private func power(_ pair: Pair) -> Double? {
        if let known = powers[pair] { return known.value }
        let others = powers.filter { $0.key.nodeClass == pair.nodeClass }
            .sorted { $0.key.taskClass < $1.key.taskClass }
        guard !others.isEmpty else { return nil }
        return others.reduce(0) { $0 + $1.value.value } / Double(others.count)
    }

    /// From the class's tasks on other nodes, by the speeds of both.
    private func inferred(_ pair: Pair) -> (mean: Double, cautious: Double)? {
        let others = runTimes.filter { $0.key.taskClass == pair.taskClass }
            .sorted { $0.key.nodeClass < $1.key.nodeClass }
        guard let mine = speeds[pair.nodeClass], !others.isEmpty else { return nil }
        var (mean, cautious) = (0.0, 0.0)
        for (other, known) in others {
            let factor = exponential((speeds[other.nodeClass] ?? 0) - mine)
            mean += known.mean.value * factor / Double(others.count)
            cautious += known.cautious * factor / Double(others.count)
        }
        return (mean, cautious)
    }

    /// Run time = work of the class / speed of the nodes: alternating least squares on logarithms.
    private mutating func fitSpeeds() {
        let known = runTimes.sorted {
            ($0.key.taskClass, $0.key.nodeClass) < ($1.key.taskClass, $1.key.nodeClass)
        }
        var works: [String: Double] = [:]
        var found: [String: Double] = [:]
        for _ in 0..<12 {
            works = averages(known) { ($0.taskClass, $1 + (found[$0.nodeClass] ?? 0)) }
            found = averages(known) { ($0.nodeClass, (works[$0.taskClass] ?? 0) - $1) }
        }
        let middle = found.values.sorted().reduce(0, +) / Double(max(1, found.count))
        speeds = found.mapValues { $0 - middle }
    }

    private func averages(
        _ known: [(key: Pair, value: RunTimes)], by part: (Pair, Double) -> (String, Double)
    ) -> [String: Double] {
        var sums: [String: (sum: Double, count: Double)] = [:]
        for (pair, times) in known {
            let (name, value) = part(pair, logarithm(times.mean.value))
            let sum = sums[name] ?? (0, 0)
            sums[name] = (sum.sum + value, sum.count + 1)
        }
        return sums.mapValues { $0.sum / $0.count }
    }
}

/// A mean that follows its values.
struct Average: Hashable, Sendable {
    private(set) var count = 0
    private(set) var value = 0.0

    mutating func add(_ next: Double) {
        count += 1
        value += (next - value) / Double(count)
    }
}

/// Run times of a class on a node class: their mean, and a bound that a given share keeps.
struct RunTimes: Hashable, Sendable {
    private(set) var mean = Average()
    /// In seconds.
    private(set) var cautious = 0.0
    private let coverage: Double

    init(coverage: Double) { self.coverage = coverage }

    /// The bound, as far as the first tasks can be trusted: each takes the same share off what was
    /// feared before, on a scale of logarithms.
    func cautious(ratherThan feared: Double) -> Double {
        let trust = Double(mean.count) / Double(Experience.probes)
        guard trust < 1, feared > cautious else { return cautious }
        return feared * exponential(trust * logarithm(cautious / feared))
    }

    /// The bound rises when a task exceeds it and falls a little when one does not, so that in the
    /// long run the share is right whatever the distribution (Robbins and Monro 1951; Gibbs and
    /// Candès 2021). Steps shrink at first, then stay, to follow what changes.
    mutating func add(_ seconds: Double) {
        if mean.count == 0 { cautious = 1.5 * seconds }
        let step = max(0.05, 1 / Double(mean.count + 1).squareRoot())
        let miss = seconds > cautious ? coverage : coverage - 1
        cautious *= exponential(step * miss)
        mean.add(seconds)
    }
}

/// The exponential of one number.
func exponential(_ x: Double) -> Double {
    let distance = exponential(SIMD4(repeating: -min(abs(x), 700)))[0]
    return x < 0 ? distance : 1 / distance
}
