package import ErgonModel
import ErgonProvenance

/// A campaign as a Provenance Run Crate 0.5 (w3id.org/ro/wfrun/provenance/0.5), which is a
/// Workflow RO-Crate 1.0 and an RO-Crate 1.1: the metadata file, and which files lie beside it.
package struct RunCrate: Sendable {
    /// The campaign's canonical form.
    package static let manifestName = "campaign.json"
    package static let metadataName = "ro-crate-metadata.json"
    package static let checkpointName = "checkpoint"
    package static let readmeName = "README.md"

    let exported: ExportedCampaign
    /// Files that are put into the crate; all others are named by what they contain.
    private let present: Set<Digest>
    private(set) var entities: [JSON] = []
    private(set) var parts: [String] = []
    private(set) var actions: [String] = []
    private(set) var controls: [String] = []

    /// - Parameter present: content of outputs that is at hand and goes along.
    package init(of exported: ExportedCampaign, present: Set<Digest>) {
        self.exported = exported
        self.present = present
        addFiles()
        addTools()
        addActions()
        addAround()
    }

    /// Where an output lies in the crate.
    package static func path(of output: ExportedCampaign.Output) -> String {
        "outputs/\(percentEncoded(output.file))"
    }

    package var readme: String {
        """
        # \(exported.accepted.name)

        Campaign \(exported.accepted.id) of the log \(exported.history.origin): \
        \(exported.seal.ending.rawValue), \(exported.outputs.count) outputs.
        Rendered from the log's records by ergon; `\(Self.checkpointName)` is what the log's key
        has signed. `ergon audit verify` checks the log itself.

        """
    }

    package var metadata: JSON {
        .object([
            "@context": .array([
                .string("https://w3id.org/ro/crate/1.1/context"),
                .string("https://w3id.org/ro/terms/workflow-run/context"),
            ]),
            "@graph": .array(entities),
        ])
    }

    mutating func add(_ id: String, _ types: String..., about: [String: JSON?]) {
        let type = types.count == 1 ? JSON.string(types[0]) : .array(types.map(JSON.string))
        entities.append(object(about.merging(["@id": .string(id), "@type": type]) { $1 }))
    }

    // MARK: Files

    private mutating func addFiles() {
        let made = "application/octet-stream"
        for input in exported.campaign.inputs {
            for file in input.files {
                addFile(
                    id(of: file), file.name, file.digest, file.size, made,
                    example: "#parameter/\(input.name)", licence: input.licence, url: input.url)
            }
        }
        for file in exported.campaign.code {
            addFile(id(of: file), file.name, file.digest, file.size, "text/plain")
        }
        if let file = exported.campaign.environment.python {
            addFile(id(of: file), file.name, file.digest, file.size, "text/plain")
        }
        for output in exported.outputs {
            addFile(
                id(of: output), output.name, output.content.digest, output.content.size, made,
                example: "#parameter/\(parameter(of: output))")
        }
        addFile(Self.checkpointName, "signed checkpoint of the log", nil, nil, "text/plain")
        addFile(Self.readmeName, "what this crate is", nil, nil, "text/markdown")
    }

    private mutating func addFile(
        _ id: String, _ name: String, _ digest: Digest?, _ size: ByteCount?, _ format: String,
        example: String? = nil, licence: String? = nil, url: String? = nil
    ) {
        guard !parts.contains(id) else { return }
        parts.append(id)
        add(
            id, "File",
            about: [
                "name": .string(name), "encodingFormat": .string(format),
                "sha256": digest.map { .string($0.hex) },
                "contentSize": size.map { .string("\($0.bytes)") },
                "exampleOfWork": example.map(reference), "license": licence.map(JSON.string),
                "url": url.map(JSON.string),
            ])
    }

    private func id(of file: InputFile) -> String { file.identity }

    private func id(of output: ExportedCampaign.Output) -> String {
        let digest = output.content.digest
        return present.contains(digest) ? Self.path(of: output) : contentURI(digest)
    }

    /// Of files that tasks left one by one there is one parameter.
    private func parameter(of output: ExportedCampaign.Output) -> String {
        String(output.name.prefix { $0 != "/" })
    }

    // MARK: The workflow and its tools

    private mutating func addTools() {
        let campaign = exported.campaign
        let inputs = campaign.inputs.map { "#parameter/\($0.name)" }
        let made = campaign.steps.flatMap { step in
            step.outputs.map { "#parameter/\(step.name).\($0.name)" }
        }
        for parameter in inputs + made {
            add(
                parameter, "FormalParameter",
                about: [
                    "name": .string(String(parameter.dropFirst("#parameter/".count))),
                    "additionalType": .string("File"),
                    "conformsTo": reference(
                        "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"),
                ])
        }
        let tools = usedTools
        for (position, tool) in tools.enumerated() {
            add(
                "#step/\(tool.name)", "HowToStep",
                about: [
                    "name": .string(tool.name), "position": .string("\(position)"),
                    "workExample": reference("#tool/\(tool.name)"),
                ])
            add(
                "#tool/\(tool.name)", "SoftwareApplication",
                about: [
                    "name": .string(tool.name), "description": .string(tool.command),
                    "softwareRequirements": campaign.environment.python.map {
                        reference($0.identity)
                    },
                ])
        }
        addWorkflow(tools.map(\.name), inputs, made)
    }

    private mutating func addWorkflow(_ tools: [String], _ inputs: [String], _ made: [String]) {
        parts.append(Self.manifestName)
        add(
            Self.manifestName, "File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo",
            about: [
                "name": .string(exported.accepted.name),
                "description": exported.campaign.description.map(JSON.string),
                "encodingFormat": .string("application/json"),
                "sha256": .string(exported.accepted.manifest.hex),
                "programmingLanguage": reference("#language"),
                "hasPart": references(
                    tools.map { "#tool/\($0)" } + exported.campaign.code.map(\.identity)),
                "step": references(tools.map { "#step/\($0)" }),
                "input": references(inputs), "output": references(made),
            ])
        add(
            "#language", "ComputerLanguage",
            about: [
                "name": .string("Ergon campaign, canonical form"),
                "url": reference(exportNamespace), "version": .string("ergon/v1"),
            ])
    }

    /// Work and merges that anything is on record of.
    private var usedTools: [(name: String, command: String)] {
        var names: [String] = []
        return exported.stages.compactMap { stage, _ in
            let name = tool(of: stage)
            if names.contains(name) { return nil }
            names.append(name)
            return (name, command(of: stage))
        }
    }

    /// All levels of a merge are one tool.
    private func tool(of stage: Stage) -> String {
        String(stage.name(in: exported.campaign).prefix { $0 != "/" })
    }

    private func command(of stage: Stage) -> String {
        let step = exported.campaign.steps[stage.step]
        guard case .merge(let output, _) = stage.part else {
            return step.run.map(\.source).joined(separator: " ")
        }
        return switch step.outputs[output].merge?.rule {
        case .lines: "ergon merge --kind lines"
        case .csv: "ergon merge --kind csv"
        case .counts: "ergon merge --kind counts"
        case .histogram: "ergon merge --kind histogram"
        case .run(let command): command.map(\.source).joined(separator: " ")
        case nil: ""
        }
    }

    // MARK: What ran

    private mutating func addActions() {
        if let attempts = exported.history.attempts {
            for (position, attempt) in attempts.enumerated() { add(attempt, position) }
        } else {
            for (stage, run) in exported.stages { add(stage, run) }
        }
        add(
            "#run", "CreateAction",
            about: [
                "name": .string("campaign \(exported.accepted.id)"),
                "description": .string("\(exported.run): \(exported.seal.ending.rawValue)"),
                "instrument": reference(Self.manifestName), "agent": reference("#submitter"),
                "startTime": .string(exported.started.timestamp),
                "endTime": .string(exported.ended.timestamp),
                "actionStatus": status(exported.seal.ending == .complete),
                "object": references(exported.campaign.inputs.flatMap(\.files).map(id)),
                "result": references(exported.outputs.map(id)),
                "resourceUsage": usage("#run", exported.seal.account),
            ])
        actions.append("#run")
    }

    private mutating func add(_ attempt: Attempt, _ position: Int) {
        let result = attempt.result
        var account = Account()
        account.add(result)
        let failure: String? =
            switch result.outcome {
            case .succeeded: nil
            case .failed(let failure, _): failure.description
            }
        let results = exported.outputs(of: attempt.stage).filter { output in
            failure == nil && result.outputs.contains(output.content)
        }
        addAction(
            "#attempt/\(position)", attempt.stage,
            "\(attempt.stage.name(in: exported.campaign)) task \(result.task)",
            (result.started, result.started + result.wall), [attempt.worker], failure, account,
            results)
    }

    private mutating func add(_ stage: Stage, _ run: StageRun) {
        let name = stage.name(in: exported.campaign)
        addAction(
            "#stage/\(percentEncoded(name))", stage, "\(name), all attempts",
            exported.span(of: run),
            run.workers.sorted(), run.firstFailure, run.account, exported.outputs(of: stage))
    }

    private mutating func addAction(
        _ id: String, _ stage: Stage, _ name: String, _ span: (started: Instant, ended: Instant),
        _ workers: [WorkerID], _ failure: String?, _ account: Account,
        _ results: [ExportedCampaign.Output]
    ) {
        let read =
            exported.inputs(of: stage.step).flatMap(\.files).map(self.id)
            + exported.earlierOutputs(of: stage.step).map(self.id)
        add(
            id, "CreateAction",
            about: [
                "name": .string(name),
                "description": .string("on \(workers.map(\.name).joined(separator: ", "))"),
                "instrument": reference("#tool/\(tool(of: stage))"),
                "agent": reference("#submitter"),
                "startTime": .string(span.started.timestamp),
                "endTime": .string(span.ended.timestamp),
                "actionStatus": status(failure == nil), "error": failure.map(JSON.string),
                "object": stage.part == .work ? references(read) : nil,
                "result": references(results.map(self.id)),
                "resourceUsage": usage(id, account),
            ])
        add(
            "\(id)/control", "ControlAction",
            about: [
                "name": .string("orchestration of \(name)"),
                "instrument": reference("#step/\(tool(of: stage))"), "object": reference(id),
            ])
        actions.append(id)
        controls.append("\(id)/control")
    }

    private mutating func usage(_ id: String, _ account: Account) -> JSON? {
        add(
            "\(id)/energy", "PropertyValue",
            about: [
                "name": .string("energy of all attempts"), "propertyID": .string("energy"),
                "value": .string("\(account.energy.microjoules)"), "unitText": .string("µJ"),
            ])
        add(
            "\(id)/cpu", "PropertyValue",
            about: [
                "name": .string("processor time of all attempts"), "propertyID": .string("cpu"),
                "value": .string("\(account.cpu.count)"), "unitText": .string("µs"),
            ])
        return references(["\(id)/energy", "\(id)/cpu"])
    }

    private func status(_ isDone: Bool) -> JSON {
        .string("http://schema.org/\(isDone ? "Completed" : "Failed")ActionStatus")
    }
}
