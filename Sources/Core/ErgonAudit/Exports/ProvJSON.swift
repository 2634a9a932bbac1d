package import ErgonModel
import ErgonProvenance

extension ExportedCampaign {
    /// Who did what with what, as PROV-JSON (W3C Member Submission of 24 April 2013) in the terms
    /// of PROV-DM: files are entities, the campaign and its stages are activities, people, the
    /// coordinator and workers are agents.
    package var provJSON: JSON {
        var document = ProvDocument()
        document.add("agent", "person/\(accepted.by)", ["prov:type": .string("prov:Person")])
        document.add("agent", "coordinator", softwareAgent(named: "ergon \(history.version)"))
        document.relate(
            "actedOnBehalfOf", ["delegate": "coordinator", "responsible": "person/\(accepted.by)"])
        let plan: [String: JSON] = [
            "prov:type": .string("prov:Plan"), "prov:label": .string(accepted.name),
            "ergon:sha256": .string(accepted.manifest.hex),
        ]
        document.add("entity", "manifest", plan)
        document.add("activity", "campaign", span(started, ended))
        document.relate(
            "wasAssociatedWith",
            ["activity": "campaign", "agent": "coordinator", "plan": "manifest"])
        for file in campaign.files { document.add(file.digest, label: file.name) }
        for worker in history.workers.values {
            let about = softwareAgent(named: "\(worker.worker.name), \(worker.cpuModel)")
            document.add("agent", "worker/\(worker.worker.name)", about)
        }
        for (stage, run) in stages { add(stage, run, to: &document) }
        return document.json
    }

    private func add(_ stage: Stage, _ run: StageRun, to document: inout ProvDocument) {
        let name = "stage/\(stage.name(in: campaign))"
        let (started, ended) = span(of: run)
        var about = span(started, ended)
        about["ergon:microjoules"] = .string("\(run.account.energy.microjoules)")
        about["ergon:attempts"] = .int(run.account.attempts)
        document.add("activity", name, about)
        document.relate("wasInformedBy", ["informed": name, "informant": "campaign"])
        for worker in run.workers.sorted() {
            document.relate(
                "wasAssociatedWith",
                ["activity": name, "agent": "worker/\(worker.name)", "plan": "manifest"])
        }
        let used =
            inputs(of: stage.step).flatMap(\.files).map(\.digest)
            + earlierOutputs(of: stage.step).map(\.content.digest)
        if stage.part == .work {
            for digest in Set(used).sorted() {
                document.relate(
                    "used", ["activity": name, "entity": ProvDocument.name(of: digest)])
            }
        }
        for output in outputs(of: stage) {
            let digest = output.content.digest
            document.add(digest, label: output.name)
            document.relate(
                "wasGeneratedBy", ["entity": ProvDocument.name(of: digest), "activity": name])
            for source in Set(used).sorted() where source != digest {
                document.relate(
                    "wasDerivedFrom",
                    [
                        "generatedEntity": ProvDocument.name(of: digest),
                        "usedEntity": ProvDocument.name(of: source),
                    ])
            }
        }
    }

    private func span(_ started: Instant, _ ended: Instant) -> [String: JSON] {
        [
            "prov:startTime": .string(started.timestamp), "prov:endTime": .string(ended.timestamp),
        ]
    }

    private func softwareAgent(named name: String) -> [String: JSON] {
        ["prov:type": .string("prov:SoftwareAgent"), "prov:label": .string(name)]
    }
}

/// PROV-JSON on its way: elements by kind and name, relations numbered through.
private struct ProvDocument {
    private var parts: [String: [String: JSON]] = [:]
    private var relations = 0

    mutating func add(_ kind: String, _ name: String, _ about: [String: JSON]) {
        var about = about
        if case .string(let type) = about["prov:type"] {
            about["prov:type"] = .object([
                "$": .string(type), "type": .string("prov:QUALIFIED_NAME"),
            ])
        }
        parts[kind, default: [:]][qualified(name)] = .object(about)
    }

    mutating func add(_ file: Digest, label: String) {
        add(
            "entity", Self.name(of: file),
            ["prov:label": .string(label), "ergon:sha256": .string(file.hex)])
    }

    static func name(of file: Digest) -> String { "sha256/\(file.hex)" }

    mutating func relate(_ kind: String, _ ends: [String: String]) {
        relations += 1
        parts[kind, default: [:]]["_:r\(relations)"] = .object(
            Dictionary(
                ends.map { ("prov:\($0.key)", .string(qualified($0.value))) },
                uniquingKeysWith: { first, _ in first }))
    }

    /// What may not stand in a local name is percent-encoded.
    private func qualified(_ name: String) -> String { "ergon:" + percentEncoded(name) }

    var json: JSON {
        var members = parts.mapValues(JSON.object)
        members["prefix"] = .object([
            "ergon": .string(exportNamespace), "prov": .string("http://www.w3.org/ns/prov#"),
            "xsd": .string("http://www.w3.org/2001/XMLSchema#"),
        ])
        return .object(members)
    }
}
