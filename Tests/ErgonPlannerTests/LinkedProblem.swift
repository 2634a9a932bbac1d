import ErgonModel
import ErgonPlanner

extension RandomProblem {
    /// The same with data that lies at one site or none, links that can be full, and nodes that
    /// cost something to start.
    static func linked(
        seed: UInt64, classes: Int, nodeClasses: Int, slots: Int, siteCount: Int
    ) -> PlanningProblem {
        var problem = make(
            seed: seed, classes: classes, nodeClasses: nodeClasses, slots: slots,
            siteCount: siteCount)
        var random = SplitMix(seed: seed + 1000)
        for index in problem.taskClasses.indices {
            let megabytes = random.number(0, 2) > 0 ? random.number(1, 40) : 0
            problem.taskClasses[index].input = ByteCount(Int64(megabytes) * 1_000_000)
            let site = random.number(0, siteCount) - 1
            problem.taskClasses[index].inputSite = site < 0 ? nil : site
        }
        for from in -1..<siteCount {
            for to in 0..<siteCount where from != to {
                let gigabytes = random.number(50, 800) * (from < 0 ? 8 : 1)
                let isUnlimited = random.number(0, 2) == 0
                problem.links.append(
                    Link(
                        from: from < 0 ? nil : from, to: to,
                        bytesPerSlot: isUnlimited
                            ? nil : ByteCount(Int64(gigabytes) * 1_000_000_000),
                        pricePerGigabyte: Money(millionths: Int64(random.number(0, 100)) * 100)))
            }
        }
        for (index, node) in problem.nodeClasses.enumerated() {
            let watts = node.idlePower.milliwatts + Int64(node.cores) * 4000
            problem.nodeClasses[index].startEnergy = Joules(
                microjoules: watts * Int64(random.number(60, 300)) * 1000)
        }
        return problem
    }
}
