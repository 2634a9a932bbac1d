package import ErgonModel
package import ErgonWireMessages

extension Ergon_V1_ToWorker {
    /// - Parameter dataPort: where content is fetched and put.
    package init(_ order: WorkerOrder, dataPort: Int) {
        self.init()
        switch order {
        case .welcome(let epoch):
            welcome.epoch = Int64(epoch)
            welcome.dataPort = UInt32(dataPort)
        case .lease(let order): lease = Ergon_V1_Lease(order)
        case .acknowledge(let reports):
            acknowledge.reports = reports.map(Ergon_V1_ReportName.init)
        case .withdraw(let ids): withdraw.leases = ids.map(Ergon_V1_LeaseName.init)
        case .withdrawTasks(let id, let tasks):
            withdrawTasks.lease = Ergon_V1_LeaseName(id)
            withdrawTasks.tasks = tasks.wire
        }
    }

    package func model() throws(WireFault) -> WorkerOrder {
        switch kind {
        case .welcome(let welcome): .welcome(epoch: Int(welcome.epoch))
        case .lease(let lease): .lease(try lease.model())
        case .acknowledge(let answer): .acknowledge(answer.reports.map(\.model))
        case .withdraw(let withdraw): .withdraw(withdraw.leases.map(\.model))
        case .withdrawTasks(let withdraw):
            .withdrawTasks(withdraw.lease.model, try IntervalSet(withdraw.tasks))
        case nil: throw WireFault(problem: "a message of no kind")
        }
    }
}

extension Ergon_V1_Lease {
    /// More tasks than any coordinator leases at once.
    static let longest = 1 << 20

    init(_ order: Lease) {
        self.init()
        lease = Ergon_V1_LeaseName(order.id)
        campaign = Int64(order.campaign.number)
        manifest = Ergon_V1_File(name: "", order.manifest)
        stage = Ergon_V1_StageName(order.stage)
        tasks = Ergon_V1_Interval(order.tasks)
        if let count = order.upstream { upstream = Int64(count) }
        taskFiles = order.taskFiles.map { files in
            var list = Ergon_V1_FileList()
            list.files = files.map(Ergon_V1_File.init)
            return list
        }
        overFiles = order.overFiles.map(Ergon_V1_File.init)
        with = order.with.mapValues(Ergon_V1_File.init)
        isTop = order.isTop
        if let memory = order.memory { memoryBytes = memory.bytes }
    }

    func model() throws(WireFault) -> Lease {
        let range = try tasks.model()
        guard range.count <= Self.longest, upstream >= 0, memoryBytes >= 0 else {
            throw WireFault(
                problem: "a lease of \(range.count) tasks over \(upstream), \(memoryBytes) bytes")
        }
        guard taskFiles.isEmpty || taskFiles.count == range.count else {
            throw WireFault(problem: "\(taskFiles.count) lists of files for \(range.count) tasks")
        }
        var files: [[NamedFile]] = []
        for list in taskFiles { files.append(try named(list.files)) }
        var shared: [String: NamedFile] = [:]
        for (name, file) in with { shared[name] = try file.named() }
        return Lease(
            id: lease.model, campaign: CampaignID(Int(campaign)), manifest: try manifest.stored(),
            stage: stage.model, tasks: range, upstream: hasUpstream ? Int(upstream) : nil,
            taskFiles: files, overFiles: try named(overFiles), with: shared, isTop: isTop,
            memory: hasMemoryBytes ? ByteCount(memoryBytes) : nil)
    }
}

private func named(_ files: [Ergon_V1_File]) throws(WireFault) -> [NamedFile] {
    var result: [NamedFile] = []
    for file in files { result.append(try file.named()) }
    return result
}

// MARK: Answers to people

extension Ergon_V1_AccountLine {
    package init(_ line: Account.Line) {
        self.init()
        attempts = Int64(line.attempts)
        cpuMicroseconds = line.cpu.count
        wallMicroseconds = line.wall.count
        energyMicrojoules = line.energy.microjoules
        measuredMicrojoules = line.measured.microjoules
    }

    package var model: Account.Line {
        Account.Line(
            attempts: Int(attempts), cpu: Microseconds(cpuMicroseconds),
            wall: Microseconds(wallMicroseconds), energy: Joules(microjoules: energyMicrojoules),
            measured: Joules(microjoules: measuredMicrojoules))
    }
}

extension Ergon_V1_CoverageEntry {
    package init(_ entry: Coverage) {
        self.init()
        step = entry.step
        source = entry.source
        unit = entry.unit
        declared = Ergon_V1_Interval(entry.declared)
        covered = entry.covered.wire
        gaps = entry.gaps.map { gap in
            var wire = Ergon_V1_Gap()
            wire.range = Ergon_V1_Interval(gap.range)
            wire.reason = gap.reason
            return wire
        }
    }

    package func model() throws(WireFault) -> Coverage {
        var gaps: [Coverage.Gap] = []
        for gap in self.gaps {
            gaps.append(Coverage.Gap(range: try gap.range.model(), reason: gap.reason))
        }
        return Coverage(
            step: step, source: source, unit: unit, declared: try declared.model(),
            covered: try IntervalSet(covered), gaps: gaps)
    }
}
