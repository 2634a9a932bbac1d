package import ErgonModel
package import ErgonProvenance

/// A campaign that has ended, as every export sees it: things with names that hold anywhere.
package struct ExportedCampaign: Sendable {
    package let history: CampaignHistory
    package let seal: SealedCampaign
    package let sealRecord: LoggedRecord
    /// The note whose tree has the campaign's records.
    package let checkpoint: SignedNote

    /// `nil` if the campaign has not ended.
    package init?(_ history: CampaignHistory, checkpoint: SignedNote) {
        guard let (record, said) = history.seal else { return nil }
        self.history = history
        self.checkpoint = checkpoint
        seal = said
        sealRecord = record
    }

    var campaign: Campaign { history.campaign }
    var accepted: AcceptedCampaign { history.accepted }
    var started: Instant { history.acceptance.time }
    var ended: Instant { sealRecord.time }
    /// Whose program ran, as a URL: a log's origin is one without its scheme.
    var coordinator: String { "https://\(history.origin)" }
    /// The run, among all runs of all logs.
    var run: String { "\(coordinator)/campaigns/\(accepted.id)" }
    var checkpointDigest: Digest { Digest(of: Array(checkpoint.note.utf8)) }

    /// Files that came of it: merged ones first, then those that tasks left.
    package struct Output: Hashable, Sendable {
        package var name: String
        package var file: String
        package var content: StoredFile
        /// Position of the step that made it.
        var step: Int
    }

    package var outputs: [Output] {
        published
            + history.kept.sorted { $0.key < $1.key }.compactMap { file, content in
                let spec = campaign.steps[file.step]
                if spec.isSingleTask { return nil }
                let output = spec.outputs[file.output]
                return Output(
                    name: "\(spec.name).\(output.name)/\(file.task)",
                    file: "\(file.task)-\(output.file)", content: content, step: file.step)
            }
    }

    private var published: [Output] {
        seal.outputs.map { output in
            let step = campaign.stepIndex(named: String(output.name.prefix { $0 != "." })) ?? 0
            return Output(
                name: output.name, file: output.file, content: output.content, step: step)
        }
    }

    /// The outputs that the stage left by itself: of a merge the merged one, of the work the rest.
    func outputs(of stage: Stage) -> [Output] {
        let spec = campaign.steps[stage.step]
        switch stage.part {
        case .merge(let output, _):
            let name = "\(spec.name).\(spec.outputs[output].name)"
            return outputs.filter { $0.name == name }
        case .work:
            let merged = Set(
                spec.outputs.filter { $0.merge != nil }.map { "\(spec.name).\($0.name)" })
            return outputs.filter { $0.step == stage.step && !merged.contains($0.name) }
        }
    }

    /// The inputs that a step's tasks read, themselves and not by way of another step.
    func inputs(of step: Int) -> [InputSpec] {
        let spec = campaign.steps[step]
        let sources = (spec.over.map { [$0] } ?? []) + spec.with.map(\.source)
        return sources.compactMap { source in
            guard case .input(let name) = source else { return nil }
            return campaign.input(named: name)
        }
    }

    /// The outputs of earlier steps that a step's tasks read.
    func earlierOutputs(of step: Int) -> [Output] {
        let spec = campaign.steps[step]
        let sources = (spec.over.map { [$0] } ?? []) + spec.with.map(\.source)
        let names = sources.compactMap { source -> String? in
            guard case .output = source else { return nil }
            return source.text
        }
        return outputs.filter { names.contains(String($0.name.prefix { $0 != "/" })) }
    }

    /// Stages with anything on record, in the order of the road.
    var stages: [(stage: Stage, run: StageRun)] {
        history.stages.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// When a stage ran; one whose attempts were all lost has no times of its own.
    func span(of run: StageRun) -> (started: Instant, ended: Instant) {
        (run.started ?? started, run.ended ?? ended)
    }
}

extension InputFile {
    /// Its content, wherever it lies (RFC 6920, `ni`).
    var identity: String { contentURI(digest) }
}

/// A name for content that holds anywhere: `ni:///sha-256;` and the digest in base64 for URLs
/// (RFC 6920 §3).
func contentURI(_ digest: Digest) -> String {
    let text = Base64.text(digest.bytes).map { character -> Character in
        switch character {
        case "+": "-"
        case "/": "_"
        default: character
        }
    }
    return "ni:///sha-256;" + String(text).filter { $0 != "=" }
}

/// A UUID of what `parts` name, the same each time (RFC 9562 §5.8: version 8).
func uuid(of parts: String...) -> String {
    var bytes = Array(Digest(of: Array(parts.joined(separator: "\n").utf8)).bytes.prefix(16))
    bytes[6] = bytes[6] & 0x0f | 0x80
    bytes[8] = bytes[8] & 0x3f | 0x80
    let hex = Array(hexadecimal(bytes))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }
        .joined(separator: "-")
}

/// An object without the members that are not there.
func object(_ members: [String: JSON?]) -> JSON { .object(members.compactMapValues(\.self)) }

extension Joules {
    /// The unit in which energy is sold and reported.
    var kilowattHours: Double { Double(microjoules) / 3.6e12 }
}
