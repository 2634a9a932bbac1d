import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner

/// What counts: `energy`, or `energy=1,carbon=0.5,money=2,time=0.01`.
struct ObjectiveOption: ExpressibleByArgument {
    /// What a plan can be asked to save, and the unit that a weight is for.
    enum Term: String, CaseIterable {
        case energy, carbon, money, time
    }

    var weights: [Term: Double] = [.energy: 1]
    static let energy = ObjectiveOption()

    private init() {}

    init?(argument: String) {
        weights = [:]
        for part in argument.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            let weight = sides.count == 2 ? Double(sides[1]) : 1
            guard let name = sides.first, let term = Term(rawValue: String(name)), let weight,
                weight.isFinite, weight >= 0, weights[term] == nil
            else { return nil }
            weights[term] = weight
        }
        guard weights.values.contains(where: { $0 > 0 }) else { return nil }
    }

    var defaultValueDescription: String { text }

    var text: String {
        Term.allCases.compactMap { term in
            weights[term].map { $0 == 1 ? term.rawValue : "\(term.rawValue)=\($0)" }
        }.joined(separator: ",")
    }

    /// What a manifest asks for.
    init(_ asked: Weights) {
        let all: [(Term, Double)] = [
            (.energy, asked.energy), (.carbon, asked.carbon), (.money, asked.money),
            (.time, asked.time),
        ]
        weights = Dictionary(uniqueKeysWithValues: all.filter { $0.1 > 0 })
    }

    func objective(_ grid: PlannedGrid) -> (objective: Objective, note: String?) {
        let asked = Weights(
            energy: weights[.energy] ?? 0, carbon: weights[.carbon] ?? 0,
            money: weights[.money] ?? 0, time: weights[.time] ?? 0)
        let known = asked.known(on: grid)
        return (Objective(known.weights), known.note)
    }
}

/// `90 min`, `24h`, `2 d`, as in manifests.
struct DurationOption: ExpressibleByArgument {
    var time: Microseconds

    init(hours: Int64) { time = .seconds(hours * 3600) }

    var defaultValueDescription: String { "\(time.count / 3_600_000_000)h" }

    init?(argument: String) {
        let units: [(symbol: String, seconds: Double)] = [
            ("min", 60), ("s", 1), ("h", 3600), ("d", 86_400),
        ]
        for unit in units where argument.hasSuffix(unit.symbol) {
            let digits = argument.dropLast(unit.symbol.count).filter { $0 != " " }
            guard let number = Double(digits), number >= 0, number * unit.seconds < 1e9 else {
                return nil
            }
            time = .seconds(Int64((number * unit.seconds).rounded()))
            return
        }
        return nil
    }
}

struct InstantOption: ExpressibleByArgument {
    var instant: Instant

    init?(argument: String) {
        guard let instant = Instant(iso8601: argument) else { return nil }
        self.instant = instant
    }
}
