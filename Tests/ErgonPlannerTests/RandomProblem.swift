import ErgonModel
import ErgonPlanner

extension SplitMix {
    /// From `low` to `high`, both possible; as `Benchmarks/optima.py` draws them.
    mutating func number(_ low: Int, _ high: Int) -> Int {
        low + Int(next() % UInt64(high - low + 1))
    }
}

/// Problems of any size with rows of every kind, made of whole numbers alone, so that another
/// program can make the same ones. Their exact optima are in `ReferenceOptima`.
enum RandomProblem {
    static func make(
        seed: UInt64, classes: Int, nodeClasses: Int, slots: Int, siteCount: Int
    ) -> PlanningProblem {
        var random = SplitMix(seed: seed)
        var sites = (0..<siteCount).map { site(&random, number: $0, slots: slots) }
        let nodes = (0..<nodeClasses).map { node(&random, number: $0, sites: siteCount) }
        for index in sites.indices { capPower(&random, of: index, &sites, nodes, slots: slots) }
        var tasks: [TaskClass] = []
        let capacity = nodes.reduce(0) { $0 + $1.nodes[0] * $1.cores } * slots
        for index in 0..<classes {
            tasks.append(
                taskClass(
                    &random, number: index, nodes: nodes, slots: slots,
                    coreSlots: capacity / classes))
        }
        return PlanningProblem(
            start: Instant(microseconds: 0), slot: .seconds(1800), slots: slots, sites: sites,
            nodeClasses: nodes, taskClasses: tasks,
            objective: Objective(perKilowattHour: 0.05, perKilogramCO2e: 0.2, perMoney: 0.5))
    }

    private static func site(_ random: inout SplitMix, number: Int, slots: Int) -> Site {
        let level = random.number(40, 450)
        let price = random.number(20, 120)
        let phase = random.number(0, 47)
        var carbon: [CarbonIntensity] = []
        var prices: [EnergyPrice] = []
        for slot in 0..<slots {
            // A triangle over the day, and noise; prices go below zero now and then.
            let hour = (slot + phase) % 48
            let wave = abs(hour - 24) * 3 + random.number(0, 15)
            let grams = level * (60 + wave) / 100
            carbon.append(CarbonIntensity(microgramsPerKilowattHour: Int64(grams) * 1_000_000))
            let millis = price * (40 + wave) / 100 - (random.number(0, 19) == 0 ? 60 : 0)
            prices.append(EnergyPrice(millionthsPerKilowattHour: Int64(millis) * 1000))
        }
        let effectiveness = Double(random.number(110, 170)) / 100
        return Site(
            name: "site \(number)", powerUsageEffectiveness: effectiveness, carbon: carbon,
            price: prices)
    }

    private static func node(_ random: inout SplitMix, number: Int, sites: Int) -> NodeClass {
        let cores = 16 * random.number(1, 16)
        return NodeClass(
            name: "node \(number)", site: number % sites, nodes: [random.number(20, 200)],
            cores: cores, memory: ByteCount(Int64(cores * random.number(2, 8)) * 1_000_000_000),
            gpus: random.number(0, 4) == 0 ? 4 : 0,
            idlePower: Watts(milliwatts: Int64(cores * random.number(500, 3000))))
    }

    /// Three sites in four may draw no more than 50 to 80 % of what their nodes could.
    private static func capPower(
        _ random: inout SplitMix, of site: Int, _ sites: inout [Site], _ nodes: [NodeClass],
        slots: Int
    ) {
        let share = random.number(50, 80)
        guard random.number(0, 3) != 0 else { return }
        let most = nodes.filter { $0.site == site }.reduce(Int64(0)) {
            $0 + Int64($1.nodes[0]) * ($1.idlePower.milliwatts + Int64($1.cores) * 4000)
        }
        sites[site].powerCap = [Watts(milliwatts: most * Int64(share) / 100)]
    }

    private static func taskClass(
        _ random: inout SplitMix, number: Int, nodes: [NodeClass], slots: Int, coreSlots: Int
    ) -> TaskClass {
        let cores = [1, 1, 1, 2, 4, 8][random.number(0, 5)]
        let memory = cores * random.number(1, 6)
        let needsGPU = random.number(0, 9) == 0
        let work = random.number(60, 900)
        let allowed = random.number(30, 100)
        var estimates: [Estimate] = []
        for (index, node) in nodes.enumerated() {
            let speed = 70 + (index * 37) % 90
            let power = cores * (2000 + (index * 53) % 40 * 100) + (needsGPU ? 150_000 : 0)
            guard random.number(1, 100) <= allowed, !needsGPU || node.gpus > 0 else { continue }
            estimates.append(
                Estimate(
                    nodeClass: index,
                    runTime: Microseconds(Int64(work) * 100_000_000 / Int64(speed)),
                    dynamicPower: Watts(milliwatts: Int64(power))))
        }
        let ready = random.number(0, slots / 2)
        let window = random.number(slots / 6, slots)
        let last = min(slots, ready + window)
        let load = random.number(5, 60)
        let eligible = estimates.reduce(0) {
            $0 + nodes[$1.nodeClass].nodes[0] * nodes[$1.nodeClass].cores
        }
        // Of a class's share, never more than a small part of what its own nodes can do.
        let most = eligible * (last - ready) * 1800 / (cores * work) / (needsGPU ? 400 : 16)
        let wanted = coreSlots * 1800 / (cores * work) * load / 100
        return TaskClass(
            name: "class \(number)", count: min(wanted, most), cores: cores,
            memory: ByteCount(Int64(memory) * 1_000_000_000), gpus: needsGPU ? 1 : 0,
            ready: Instant(microseconds: Int64(ready) * 1_800_000_000),
            deadline: Instant(microseconds: Int64(last) * 1_800_000_000), estimates: estimates)
    }
}
