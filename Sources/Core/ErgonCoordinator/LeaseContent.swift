import ErgonModel

extension CampaignState {
    /// The lease with all that its worker cannot derive from the manifest.
    func lease(_ leaseID: LeaseID, _ stage: Stage, _ range: Range<Int>) -> Lease {
        var lease = Lease(id: leaseID, campaign: id, manifest: manifest, stage: stage, tasks: range)
        switch stage.part {
        case .work:
            let spec = campaign.steps[stage.step]
            lease.upstream = upstream(of: stage.step)
            for named in spec.with {
                if let file = wholeFile(of: named.source) { lease.with[named.name] = file }
            }
            guard case .output(let name, let output) = spec.over else { break }
            if case .lines = spec.split {
                lease.overFiles = spec.over.flatMap(wholeFile).map { [$0] } ?? []
            } else {
                lease.taskFiles = files(of: spec, range, step: name, output: output)
            }
        case .merge(let output, let level):
            lease.isTop = trees[stage]?.top == level
            lease.taskFiles = range.map { pieces(of: stage, output, $0) }
        }
        return lease
    }

    private func files(
        of spec: StepSpec, _ range: Range<Int>, step name: String, output: String
    ) -> [[NamedFile]] {
        guard let step = campaign.stepIndex(named: name),
            let position = campaign.steps[step].outputs.firstIndex(where: { $0.name == output }),
            let below = stage(Stage(step: step, part: .work)),
            let shards = Shards(of: spec, in: campaign, upstream: below.count)
        else { return [] }
        let output = campaign.steps[step].outputs[position]
        return range.map { task in
            shards[task].files.compactMap { earlier in
                below.outputs[position][earlier].map {
                    NamedFile(name: output.fileName(task: earlier), content: $0)
                }
            }
        }
    }

    private func pieces(of stage: Stage, _ output: Int, _ node: Int) -> [NamedFile] {
        guard case .merge(_, let level) = stage.part, let tree = trees[stage],
            let below = stage.below.flatMap(self.stage)
        else { return [] }
        let spec = campaign.steps[stage.step].outputs[output]
        let position = level == 1 ? output : 0
        return tree.children(of: node, level: level).compactMap { child in
            below.outputs[position][child].map {
                NamedFile(name: spec.fileName(task: child), content: $0)
            }
        }
    }
}
