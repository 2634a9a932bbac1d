package import ErgonModel

/// Why tasks of a class do not all start at once.
package enum Reason: Hashable, Sendable {
    /// They start in the first slot in which they can.
    case startsNow
    /// The plan has nothing of the class: it has no tasks, or they find no place.
    case noPlace
    /// Power is cleaner later.
    case cleaner(from: CarbonIntensity, to: CarbonIntensity, saves: GramsCO2e)
    /// Power costs less later.
    case cheaper(from: EnergyPrice, to: EnergyPrice, saves: Money)
    /// Better nodes for it are taken until then, by tasks that would lose more by waiting.
    case taken(at: String)
}

/// When a class starts, how long it still could wait, and why it does.
package struct Explanation: Hashable, Sendable {
    package var taskClass: String
    package var starts: Instant
    /// The last instant at which all of its tasks could still start and meet their deadline.
    package var latest: Instant
    package var reason: Reason

    /// One sentence for people; times of day are UTC.
    package var sentence: String {
        let until = "waiting until \(clockTime(starts))"
        let latest = "latest start \(clockTime(latest))"
        switch reason {
        case .startsNow: return "starts at once"
        case .noPlace: return "finds no place before its deadline"
        case .cleaner(let from, let to, let saves):
            return "\(until): forecast falls \(grams(from)) → \(grams(to)) g/kWh, "
                + "saves \(mass(saves)), \(latest)"
        case .cheaper(let from, let to, let saves):
            return "\(until): price falls \(hundredths(from.millionthsPerKilowattHour)) → "
                + "\(hundredths(to.millionthsPerKilowattHour)) a kWh, "
                + "saves \(hundredths(saves.millionths)), \(latest)"
        case .taken(let site):
            return "\(until): the nodes that cost least at \(site) are taken before, \(latest)"
        }
    }

    private func grams(_ intensity: CarbonIntensity) -> Int64 {
        (intensity.microgramsPerKilowattHour + 500_000) / 1_000_000
    }

    private func mass(_ carbon: GramsCO2e) -> String {
        let grams = carbon.micrograms / 1_000_000
        guard grams >= 1000 else { return "\(grams) g" }
        return "\(grams / 1000).\(grams % 1000 / 100) kg"
    }

    private func hundredths(_ millionths: Int64) -> String {
        let cents = (millionths.magnitude + 5000) / 10_000
        let rest = cents % 100
        return "\(millionths < 0 ? "-" : "")\(cents / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}

/// Hours and minutes of the day, UTC.
func clockTime(_ instant: Instant) -> String {
    let day: Int64 = 86_400_000_000
    let minutes = ((instant.microseconds % day + day) % day) / 60_000_000
    let (hour, minute) = (minutes / 60, minutes % 60)
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
}

extension Plan {
    /// Why the tasks of a class that start first do not start sooner.
    /// - Parameter taskClass: its number in the problem this is the plan of.
    package func explanation(of taskClass: Int, in problem: PlanningProblem) -> Explanation {
        let model = Model(problem)
        let choices = model.choices[model.choicesOfClass[taskClass]]
        let name = problem.taskClasses[taskClass].name
        let last = choices.map(\.starts.upperBound).max() ?? 0
        let mine = assignments.filter { $0.taskClass == taskClass }
        guard let first = mine.min(by: { $0.slot < $1.slot }),
            let choice = choices.first(where: { $0.nodeClass == first.nodeClass })
        else {
            return Explanation(
                taskClass: name, starts: problem.start, latest: problem.begin(of: last),
                reason: .noPlace)
        }
        let soonest = choices.map(\.starts.lowerBound).min() ?? first.slot
        return Explanation(
            taskClass: name, starts: problem.begin(of: first.slot),
            latest: problem.begin(of: last),
            reason: first.slot <= soonest
                ? .startsNow : reason(choice, first, sooner: choice.starts.lowerBound, model))
    }

    /// Compares a start with the soonest one on the same nodes. Savings are of dynamic energy.
    private func reason(
        _ choice: Model.Choice, _ first: Assignment, sooner: Int, _ model: Model
    ) -> Reason {
        let node = model.nodes[choice.nodeClass]
        let site = model.problem.sites[node.site]
        let energy = choice.spread[0].amount * Double(first.count)
        let cleaner = (node.carbon[sooner] - node.carbon[first.slot]) * energy
        let cheaper = (node.money[sooner] - node.money[first.slot]) * energy
        let gains = (cleaner * model.carbonWeight, cheaper * model.moneyWeight)
        if gains.0 > 0, gains.0 >= gains.1 {
            return .cleaner(
                from: held(site.carbon, sooner) ?? .zero,
                to: held(site.carbon, first.slot) ?? .zero,
                saves: GramsCO2e(micrograms: whole(cleaner * 1e9)))
        }
        if gains.1 > 0 {
            return .cheaper(
                from: held(site.price, sooner) ?? .zero,
                to: held(site.price, first.slot) ?? .zero,
                saves: Money(millionths: whole(cheaper * 1e6)))
        }
        return .taken(at: site.name)
    }
}
