import ErgonModel

// Whether it could be run again: G8, G9, G10; and what it may cost: G13.

extension SitePolicy {
    /// A program counts as pinned if it is code of the campaign, or an interpreter whose packages
    /// the campaign pins.
    func softwareReasons(_ campaign: Campaign) -> [String] {
        campaign.steps.compactMap { step in
            guard let program = step.run.first, !program.placeholders.contains(.code) else {
                return nil
            }
            if campaign.environment.python != nil, isInterpreter(program.source) { return nil }
            let name = shortened(program.source, to: 60)
            return isInterpreter(program.source)
                ? "step `\(step.name)` runs `\(name)`, whose packages nothing pins"
                : "step `\(step.name)` runs `\(name)`, which is whatever a worker has"
        }
    }

    private func isInterpreter(_ program: String) -> Bool {
        let name = program.split(separator: "/").last ?? ""
        return name == "python" || name == "python3"
    }

    /// Where chance has a part, the seed is chosen, and reaches the program.
    func seedReasons(_ campaign: Campaign) -> [String] {
        var reasons: [String] = []
        let drawing = campaign.steps.filter { step in
            if case .seeds = step.split { return true }
            return draws(step)
        }
        if !drawing.isEmpty, campaign.seed == 0 {
            reasons.append("the manifest has no `seed` other than 0, and steps draw from it")
        }
        return reasons
            + drawing.filter { !$0.isWarm && !draws($0) }.map {
                "step `\($0.name)` is split by seeds, and its program is given none"
            }
    }

    private func draws(_ step: StepSpec) -> Bool {
        step.run.contains { argument in
            argument.placeholders.contains { $0 == .seed || $0 == .seeds }
        }
    }

    func determinismReasons(_ campaign: Campaign) -> [String] {
        campaign.steps.filter { $0.determinism == nil }.map {
            "step `\($0.name)` does not say how alike two runs are"
        }
    }

    func budgetReasons(_ campaign: Campaign) -> [String] {
        campaign.goals.budget == nil ? ["the manifest has no `budget`"] : []
    }
}
