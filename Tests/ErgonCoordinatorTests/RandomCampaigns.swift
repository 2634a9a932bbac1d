import ErgonModel
import SeededRandom

extension SeededGenerator {
    /// A small campaign of one to four steps with every kind of split, merge and dependency that
    /// a manifest may ask for.
    mutating func campaign(named name: String) -> Campaign {
        let inputs = [
            input("events", .csv, files(1...3, events: 0...7)),
            input("lines", .lines, files(1...2, events: 1...6)),
        ]
        var steps: [StepSpec] = []
        for name in ["a", "b", "c", "d"].prefix(roll(1...4)) {
            steps.append(step(name, after: steps))
        }
        return ErgonCoordinatorTests.campaign(name, inputs: inputs, steps)
    }

    private mutating func files(
        _ count: ClosedRange<Int>, events: ClosedRange<Int>
    ) -> [(String, Int)] {
        (0..<roll(count)).map { ("file\($0)", roll(events)) }
    }

    private mutating func step(_ name: String, after earlier: [StepSpec]) -> StepSpec {
        let (over, split) = source(among: earlier)
        let outputs = ["x", "y"].prefix(roll(0...2)).map { output(named: $0) }
        let whole = earlier.flatMap { step in wholeOutputs(of: step) }
        var with: [String: String] = [:]
        if happens(60), let source = whole.randomElement(using: &self) { with["extra"] = source }
        return ErgonCoordinatorTests.step(
            name, over: over, split: split, points: happens(20) ? [axis("cut", "p", "q")] : [],
            with: with, cpus: roll(1...2), retry: retry(), outputs: outputs)
    }

    private mutating func retry() -> RetrySpec {
        RetrySpec(
            attempts: roll(1...3), backoff: .seconds([0, 1, 30][roll(0...2)]),
            finalExits: happens(20) ? [2] : [], afterTimeLimit: happens(80),
            memoryPercent: happens(30) ? 250 : 100, lostWorkers: roll(1...3))
    }

    private mutating func output(named name: String) -> OutputSpec {
        guard happens(75) else { return ErgonCoordinatorTests.output(name) }
        return ErgonCoordinatorTests.output(
            name, merge: .lines, fanIn: roll(2...3), missing: happens(30) ? .error : .partial)
    }

    private mutating func source(among earlier: [StepSpec]) -> (over: String?, split: Split) {
        let outputs = earlier.flatMap { step in step.outputs.map { "\(step.name).\($0.name)" } }
        if happens(65), let source = outputs.randomElement(using: &self) {
            let isWhole = earlier.contains { wholeOutputs(of: $0).contains(source) }
            if isWhole, happens(40) { return (source, .lines(roll(1...3))) }
            return (source, happens(25) ? .all : .outputs(roll(1...3)))
        }
        switch roll(1...6) {
        case 1: return (nil, .single)
        case 2: return ("events", .files(roll(1...2)))
        case 3: return ("events", .all)
        case 4: return ("lines", .lines(roll(1...3)))
        case 5: return ("events", .events(perTask: roll(1...3), range: happens(30) ? 1..<5 : nil))
        default:
            return (nil, .seeds(total: roll(1...12), perTask: roll(1...3), eventsPerSeed: 1))
        }
    }

    /// Outputs that are one file.
    private func wholeOutputs(of step: StepSpec) -> [String] {
        let isSingleTask = (step.split == .single || step.split == .all) && step.points.isEmpty
        return step.outputs.filter { $0.merge != nil || isSingleTask }.map {
            "\(step.name).\($0.name)"
        }
    }
}
