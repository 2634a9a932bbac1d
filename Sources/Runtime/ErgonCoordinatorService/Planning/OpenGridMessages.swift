import ErgonModel
import ErgonPlanner
package import ErgonWireMessages

extension Ergon_V1_GridReply {
    init(_ open: OpenGrid) {
        self.init()
        let (problem, grid) = (open.problem, open.grid)
        startMicroseconds = problem.start.microseconds
        elapsedMicroseconds = problem.elapsed.count
        slotMicroseconds = problem.slot.count
        slots = UInt32(problem.slots)
        speed = open.speed
        sites = problem.sites.enumerated().map { index, site in
            Ergon_V1_GridSite(site, inputs: grid.siteOfInput.filter { $0.value == index }.keys)
        }
        nodes = problem.nodeClasses.indices.map { index in
            Ergon_V1_GridNodes(
                problem.nodeClasses[index], speed: grid.speeds[index], grid.perCore[index])
        }
        links = problem.links.map(Ergon_V1_GridLink.init)
        origins = grid.origins
        carbonIsKnown = grid.isCarbonKnown
        priceIsKnown = grid.isPriceKnown
    }
}

extension Ergon_V1_GridSite {
    fileprivate init(_ site: Site, inputs: some Sequence<String>) {
        self.init()
        name = site.name
        effectiveness = site.powerUsageEffectiveness
        microgramsPerKilowattHour = site.carbon.map(\.microgramsPerKilowattHour)
        millionthsPerKilowattHour = site.price.map(\.millionthsPerKilowattHour)
        capMilliwatts = site.powerCap.map(\.milliwatts)
        self.inputs = inputs.sorted()
    }
}

extension Ergon_V1_GridNodes {
    fileprivate init(_ node: NodeClass, speed: Double, _ perCore: Watts) {
        self.init()
        name = node.name
        site = UInt32(node.site)
        count = UInt32(clamping: node.nodes.first ?? 0)
        cores = UInt32(clamping: node.cores)
        memory = node.memory.bytes
        gpus = UInt32(clamping: node.gpus)
        self.speed = speed
        idleMilliwatts = node.idlePower.milliwatts
        coreMilliwatts = perCore.milliwatts
        nodeHourMillionths = node.nodeHour.millionths
        isAlwaysOn = !node.maySuspend
        startMicrojoules = node.startEnergy.microjoules
        alreadyOn = UInt32(clamping: node.alreadyOn)
        takenMicroseconds = node.taken.map(\.count)
    }
}

extension Ergon_V1_GridLink {
    fileprivate init(_ link: Link) {
        self.init()
        if let from = link.from { self.from = UInt32(from) }
        to = UInt32(link.to)
        if let bytes = link.bytesPerSlot { bytesPerSlot = bytes.bytes }
        millionthsPerGigabyte = link.pricePerGigabyte.millionths
        microjoulesPerGigabyte = link.energyPerGigabyte.microjoules
    }
}

// MARK: Reading

extension OpenGrid {
    /// `nil` for what makes no sense.
    package init?(_ reply: Ergon_V1_GridReply) {
        let (slot, elapsed) = (reply.slotMicroseconds, reply.elapsedMicroseconds)
        guard slot > 0, (0..<slot).contains(elapsed), (1...10_000).contains(reply.slots),
            reply.speed > 0, reply.speed.isFinite,
            reply.nodes.allSatisfy({ $0.isSensible(sites: reply.sites.count) }),
            reply.links.allSatisfy({ $0.isSensible(sites: reply.sites.count) }),
            reply.sites.allSatisfy({ $0.effectiveness >= 1 && $0.effectiveness.isFinite })
        else { return nil }
        let grid = PlannedGrid(reply)
        self.init(
            problem: PlanningProblem(
                start: Instant(microseconds: reply.startMicroseconds),
                elapsed: Microseconds(elapsed), slot: Microseconds(slot),
                slots: Int(reply.slots), sites: grid.sites, nodeClasses: grid.nodeClasses,
                taskClasses: [], links: grid.links, objective: Objective()),
            grid: grid, speed: reply.speed)
    }
}

extension PlannedGrid {
    fileprivate init(_ reply: Ergon_V1_GridReply) {
        var siteOfInput: [String: Int] = [:]
        for (index, site) in reply.sites.enumerated() {
            for input in site.inputs { siteOfInput[input] = index }
        }
        self.init(
            sites: reply.sites.map(Site.init), nodeClasses: reply.nodes.map(NodeClass.init),
            speeds: reply.nodes.map(\.speed),
            perCore: reply.nodes.map { Watts(milliwatts: $0.coreMilliwatts) },
            links: reply.links.map(Link.init), siteOfInput: siteOfInput, origins: reply.origins,
            isCarbonKnown: reply.carbonIsKnown, isPriceKnown: reply.priceIsKnown)
    }
}

extension Ergon_V1_GridNodes {
    fileprivate func isSensible(sites: Int) -> Bool {
        site < sites && count > 0 && cores > 0 && memory >= 0 && speed > 0 && speed.isFinite
            && idleMilliwatts >= 0 && coreMilliwatts >= 0
            && takenMicroseconds.allSatisfy { $0 >= 0 }
    }
}

extension Ergon_V1_GridLink {
    fileprivate func isSensible(sites: Int) -> Bool {
        to < sites && (!hasFrom || from < sites) && (!hasBytesPerSlot || bytesPerSlot >= 0)
    }
}

extension Site {
    fileprivate init(_ site: Ergon_V1_GridSite) {
        self.init(
            name: site.name, powerUsageEffectiveness: site.effectiveness,
            carbon: site.microgramsPerKilowattHour.map {
                CarbonIntensity(microgramsPerKilowattHour: $0)
            },
            price: site.millionthsPerKilowattHour.map {
                EnergyPrice(millionthsPerKilowattHour: $0)
            }, powerCap: site.capMilliwatts.map { Watts(milliwatts: $0) })
    }
}

extension NodeClass {
    fileprivate init(_ node: Ergon_V1_GridNodes) {
        self.init(
            name: node.name, site: Int(node.site), nodes: [Int(node.count)],
            cores: Int(node.cores), memory: ByteCount(node.memory), gpus: Int(node.gpus),
            idlePower: Watts(milliwatts: node.idleMilliwatts),
            nodeHour: Money(millionths: node.nodeHourMillionths), maySuspend: !node.isAlwaysOn,
            startEnergy: Joules(microjoules: node.startMicrojoules),
            alreadyOn: Int(node.alreadyOn),
            taken: node.takenMicroseconds.map { Microseconds($0) })
    }
}

extension Link {
    fileprivate init(_ link: Ergon_V1_GridLink) {
        self.init(
            from: link.hasFrom ? Int(link.from) : nil, to: Int(link.to),
            bytesPerSlot: link.hasBytesPerSlot ? ByteCount(link.bytesPerSlot) : nil,
            pricePerGigabyte: Money(millionths: link.millionthsPerGigabyte),
            energyPerGigabyte: Joules(microjoules: link.microjoulesPerGigabyte))
    }
}
