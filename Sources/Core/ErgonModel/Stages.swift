/// A part of a step that has tasks of its own: its work, or one level of one output's merge tree.
package struct Stage: Hashable, Comparable, Sendable {
    package enum Part: Hashable, Sendable {
        case work
        /// - Parameters:
        ///   - output: position in the step's outputs.
        ///   - level: 1 merges what the work left, 2 merges level 1, and so on.
        case merge(output: Int, level: Int)
    }

    /// Position in the campaign's steps.
    package var step: Int
    package var part: Part

    package init(step: Int, part: Part) {
        self.step = step
        self.part = part
    }

    private var order: (Int, Int, Int) {
        switch part {
        case .work: (step, -1, 0)
        case .merge(let output, let level): (step, output, level)
        }
    }
    package static func < (left: Stage, right: Stage) -> Bool { left.order < right.order }

    /// The stage whose outputs a merge takes; `nil` for the work.
    package var below: Stage? {
        guard case .merge(let output, let level) = part else { return nil }
        return Stage(step: step, part: level > 1 ? .merge(output: output, level: level - 1) : .work)
    }

    /// `reco` for the work, `reco.mass/2` for the second level of the merge of its output `mass`.
    package func name(in campaign: Campaign) -> String {
        let step = campaign.steps[step]
        switch part {
        case .work: return step.name
        case .merge(let output, let level):
            return "\(step.name).\(step.outputs[output].name)/\(level)"
        }
    }

    /// The inverse of `name(in:)`.
    package init?(name: String, in campaign: Campaign) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 1 {
            guard let step = campaign.stepIndex(named: name) else { return nil }
            self.init(step: step, part: .work)
            return
        }
        let path = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, path.count == 2, let level = Int(parts[1]), level > 0,
            let step = campaign.stepIndex(named: String(path[0])),
            let output = campaign.steps[step].outputs.firstIndex(where: { $0.name == path[1] })
        else { return nil }
        self.init(step: step, part: .merge(output: output, level: level))
        // `Int` reads `+1` and `01`, too.
        guard self.name(in: campaign) == name else { return nil }
    }
}

/// The shape of a merge: it depends on the number of pieces and the fan-in alone
/// (`docs/ARCHITECTURE.md`).
package struct MergeTree: Hashable, Sendable {
    package var fanIn: Int
    /// How many nodes each level has, from the pieces (level 0) to the one result.
    /// A single piece still passes through one merge, so that one task or many leave the same
    /// bytes.
    package private(set) var widths: [Int]

    /// - Precondition: `fanIn` is at least 2.
    package init(pieces: Int, fanIn: Int) {
        precondition(fanIn >= 2, "fan-in \(fanIn)")
        self.fanIn = fanIn
        widths = [pieces]
        guard pieces > 0 else { return }
        repeat {
            widths.append(ceilingDivision(widths[widths.count - 1], fanIn))
        } while widths.last != 1
    }

    /// The number of the topmost level; 0 if there is nothing to merge.
    package var top: Int { widths.count - 1 }

    /// The nodes of the level below that `node` merges.
    package func children(of node: Int, level: Int) -> Range<Int> {
        node * fanIn..<min((node + 1) * fanIn, widths[level - 1])
    }

    /// The pieces that come together in `node`.
    package func pieces(of node: Int, level: Int) -> Range<Int> {
        let span = (0..<level).reduce(1) { span, _ in min(span * fanIn, max(widths[0], 1)) }
        return node * span..<min((node + 1) * span, widths[0])
    }
}
