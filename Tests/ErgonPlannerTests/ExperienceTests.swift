import ErgonModel
import ErgonPlanner
import Testing

struct ExperienceTests {
    private let pair = Experience.Pair(taskClass: "simulate", nodeClass: "new")

    private func hours(_ time: Microseconds) -> Double { time.seconds / 3600 }

    @Test func `before anything ran, what is asked for is divided by the usual excess`() {
        let forecast = Experience().forecast(pair, requested: .seconds(67 * 3600))
        #expect(forecast.source == .requested)
        #expect(abs(hours(forecast.runTime) - 10) < 1e-6)
        #expect(hours(forecast.cautiousRunTime) == 67)
        #expect(forecast.dynamicPower == nil)
    }

    @Test func `what the user expects counts before what is allowed, by the nodes' speed`() {
        let forecast = Experience().forecast(
            pair, requested: .seconds(900), expected: .seconds(60), speed: 1.5)
        #expect(forecast.source == .expected)
        #expect(forecast.runTime == .seconds(40))
        #expect(forecast.cautiousRunTime == .seconds(40))
    }

    @Test func `what is feared falls from what is allowed to what is known, task by task`() {
        var (experience, last) = (Experience(), 1000.0)
        for number in 1...Experience.probes {
            experience.observe(pair, runTime: .seconds(10), power: nil)
            let feared = experience.forecast(pair, requested: .seconds(1000)).cautiousRunTime
            #expect(feared.seconds < last && feared.seconds >= 10)
            if number == 1 { #expect(feared.seconds > 500) }
            if number == Experience.probes { #expect(feared.seconds < 15) }
            last = feared.seconds
        }
    }

    @Test func `the mean is the mean, of times and of watts`() {
        var experience = Experience()
        for seconds in [100, 200, 600] as [Int64] {
            experience.observe(
                pair, runTime: .seconds(seconds), power: Watts(milliwatts: seconds * 10))
        }
        let forecast = experience.forecast(pair, requested: .seconds(3600))
        #expect(forecast.source == .observed(3))
        #expect(forecast.runTime == .seconds(300))
        #expect(forecast.dynamicPower == Watts(milliwatts: 3000))
    }

    /// Uniform, skewed, and twice as slow from the middle on.
    @Test(arguments: 0...2)
    func `nine tasks in ten end within the cautious run time`(shape: Int) {
        var (random, experience) = (SplitMix(seed: 7), Experience())
        var (kept, counted) = (0, 0)
        for number in 0..<4000 {
            var seconds = Int64(random.number(100, 1100))
            if shape == 1, random.number(1, 5) == 1 { seconds *= 8 }
            if shape == 2, number >= 2000 { seconds *= 2 }
            let forecast = experience.forecast(pair, requested: .seconds(100_000))
            if number >= 200 {
                counted += 1
                if Microseconds.seconds(seconds) < forecast.cautiousRunTime { kept += 1 }
            }
            experience.observe(pair, runTime: .seconds(seconds), power: nil)
        }
        #expect(abs(Double(kept) / Double(counted) - 0.9) < 0.02, "\(kept) of \(counted)")
    }

    @Test func `speeds of nodes carry over to classes that never ran there`() throws {
        var experience = Experience()
        for (taskClass, work) in [("a", 130), ("b", 1300)] {
            for (nodeClass, speed) in [("old", 10), ("new", 13)] {
                experience.observe(
                    Experience.Pair(taskClass: taskClass, nodeClass: nodeClass),
                    runTime: .seconds(Int64(work * 10 / speed)), power: nil)
            }
        }
        let old = Experience.Pair(taskClass: "c", nodeClass: "old")
        experience.observe(old, runTime: .seconds(1300), power: nil)
        let forecast = experience.forecast(
            Experience.Pair(taskClass: "c", nodeClass: "new"), requested: .seconds(9000))
        #expect(forecast.source == .inferred)
        #expect(abs(forecast.runTime.seconds - 1000) < 1)
        let (fast, slow) = (experience.speed(of: "new"), experience.speed(of: "old"))
        #expect(abs(try #require(fast) / (try #require(slow)) - 1.3) < 1e-6)
    }

    @Test func `the first eight tasks of a class on a node class are probes`() {
        var experience = Experience()
        #expect(experience.missingProbes(pair) == 8)
        for _ in 0..<3 { experience.observe(pair, runTime: .seconds(1), power: nil) }
        #expect(experience.missingProbes(pair) == 5)
        for _ in 0..<9 { experience.observe(pair, runTime: .seconds(1), power: nil) }
        #expect(experience.missingProbes(pair) == 0)
    }

    @Test func `the same observations are the same experience`() {
        var (left, right) = (Experience(), Experience())
        var random = SplitMix(seed: 9)
        for _ in 0..<200 {
            let pair = Experience.Pair(
                taskClass: "\(random.number(1, 4))", nodeClass: "\(random.number(1, 4))")
            let time = Microseconds.seconds(Int64(random.number(1, 999)))
            left.observe(pair, runTime: time, power: nil)
            right.observe(pair, runTime: time, power: nil)
        }
        #expect(left == right)
    }
}
