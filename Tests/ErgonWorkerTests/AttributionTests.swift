import ErgonModel
import ErgonWorker
import SeededRandom
import Testing

@Suite struct `An interval's energy` {
    private func joules(_ number: Int64) -> Joules { Joules(microjoules: number * 1_000_000) }

    private func attribution(
        _ energy: Int64, idle: Int64, cores: Int, _ uses: [(cpu: Int64, cores: Int)]
    ) -> Attribution {
        Attribution(
            of: joules(energy), over: .seconds(10), idlePower: Watts(milliwatts: idle * 1000),
            cores: cores,
            uses: uses.map { Attribution.Use(cpu: .seconds($0.cpu), held: .seconds(10) * $0.cores) }
        )
    }

    @Test func `goes to tasks by CPU time and by the cores they hold, the rest to the site`() {
        // 10 s: 400 J idle on 8 cores, 600 J above it.
        let found = attribution(1000, idle: 40, cores: 8, [(cpu: 20, cores: 2), (10, 4)])
        #expect(found.shares[0] == Attribution.Share(dynamic: joules(400), idle: joules(100)))
        #expect(found.shares[1] == Attribution.Share(dynamic: joules(200), idle: joules(200)))
        #expect(found.unallocated == joules(100))
        #expect(found.remainder == .zero)
    }

    @Test func `is all its own for a task alone on a full node`() {
        let found = attribution(1000, idle: 40, cores: 8, [(cpu: 3, cores: 8)])
        #expect(found.shares[0].dynamic + found.shares[0].idle == joules(1000))
        #expect(found.unallocated == .zero && found.remainder == .zero)
    }

    @Test func `is the site's where nothing runs`() {
        #expect(attribution(1000, idle: 40, cores: 8, []).unallocated == joules(1000))
    }

    @Test func `is never less than nothing, though the node drew less than its idle power`() {
        let found = attribution(100, idle: 40, cores: 8, [(cpu: 3, cores: 4)])
        #expect(found.shares[0] == Attribution.Share(dynamic: .zero, idle: joules(50)))
        #expect(found.unallocated == joules(50))
    }

    @Test func `adds up to the meter exactly, whatever the mix`() {
        var dice = SeededGenerator(seed: 1)
        /// From 0 to below `most`.
        func number(_ most: Int) -> Int64 { Int64(dice.roll(0...most - 1)) }
        for mix in 0..<10_000 {
            let cores = Int(1 + number(256))
            let uses = (0..<number(20)).map { _ in
                Attribution.Use(
                    cpu: Microseconds(number(1 << 30)), held: Microseconds(number(1 << 34)))
            }
            let energy = Joules(microjoules: number(1 << 31) * number(1 << 31))
            let found = Attribution(
                of: energy, over: Microseconds(number(1 << 30)),
                idlePower: Watts(milliwatts: number(1 << 20)), cores: cores, uses: uses)
            let lines = found.shares.flatMap { [$0.dynamic, $0.idle] } + [found.unallocated]
            #expect(lines.allSatisfy { !($0 < .zero) }, "mix \(mix)")
            #expect(lines.reduce(found.remainder, +) == energy, "mix \(mix)")
            let most = Int64(2 * uses.count + 1)
            #expect((0..<most).contains(found.remainder.microjoules), "mix \(mix)")
        }
    }

    @Test func `of a node without tasks teaches its idle power: the lowest twentieth`() {
        var idle = IdlePower()
        #expect(idle.value == nil)
        for watts in (1...100).reversed() {
            idle.learn(joules(Int64(watts) * 10), over: .seconds(10))
        }
        #expect(idle.value == Watts(milliwatts: 5000))
        idle.learn(.zero, over: .seconds(10))
        #expect(idle.value == Watts(milliwatts: 5000))
    }
}
