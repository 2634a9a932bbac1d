package import ErgonModel
import ErgonProvenance

extension ExportedCampaign {
    /// The campaign and its stages as OpenLineage run events (openlineage.io, 2-0-2): for each a
    /// START and how it ended, in the order of their times.
    package var lineage: [JSON] {
        let job = accepted.name
        var events = [
            (started, 0, event("START", at: started, job: job, runID(nil), [:], [], [])),
            (ended, 3, ending(job)),
        ]
        for (stage, run) in stages { events += self.events(of: stage, run) }
        return events.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map(\.2)
    }

    private func ending(_ job: String) -> JSON {
        let type =
            switch seal.ending {
            case .complete: "COMPLETE"
            case .incomplete, .failed: "FAIL"
            case .cancelled: "ABORT"
            }
        let failure = stages.compactMap(\.run.firstFailure).first
        var facets: [String: JSON] = [:]
        if type == "FAIL" { facets["errorMessage"] = message(failure ?? seal.ending.rawValue) }
        return event(
            type, at: ended, job: job, runID(nil), facets,
            campaign.inputs.flatMap { dataset($0) }, outputs.map(dataset))
    }

    private func events(of stage: Stage, _ run: StageRun) -> [(Instant, Int, JSON)] {
        let name = stage.name(in: campaign)
        let (job, id) = ("\(accepted.name).\(name)", runID(name))
        let (began, over) = span(of: run)
        // A worker's clock may be ahead; what a campaign holds lies within it.
        let start = max(began, started)
        let end = max(min(over, ended), start)
        var facets = ["parent": parent]
        let first = event("START", at: start, job: job, id, facets, [], [])
        if let failure = run.firstFailure { facets["errorMessage"] = message(failure) }
        let inputs =
            stage.part == .work
            ? self.inputs(of: stage.step).flatMap { dataset($0) }
                + earlierOutputs(of: stage.step).map(dataset) : []
        let last = event(
            run.givenUp > 0 ? "FAIL" : "COMPLETE", at: end, job: job, id, facets, inputs,
            outputs(of: stage).map(dataset))
        return [(start, 1, first), (end, 2, last)]
    }

    private func event(
        _ type: String, at time: Instant, job: String, _ id: String, _ facets: [String: JSON],
        _ inputs: [JSON], _ outputs: [JSON]
    ) -> JSON {
        var facets = facets
        facets["processing_engine"] = facet(
            "1-1-1/ProcessingEngineRunFacet",
            ["version": .string(history.version), "name": .string("Ergon")])
        return .object([
            "eventType": .string(type), "eventTime": .string(time.timestamp),
            "producer": .string(coordinator),
            "schemaURL": .string(
                "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"),
            "run": .object(["runId": .string(id), "facets": .object(facets)]),
            "job": .object(["namespace": .string(coordinator), "name": .string(job)]),
            "inputs": .array(inputs), "outputs": .array(outputs),
        ])
    }

    private var parent: JSON {
        facet(
            "1-2-0/ParentRunFacet",
            [
                "run": .object(["runId": .string(runID(nil))]),
                "job": .object([
                    "namespace": .string(coordinator), "name": .string(accepted.name),
                ]),
            ])
    }

    private func message(_ text: String) -> JSON {
        facet(
            "1-0-1/ErrorMessageRunFacet",
            ["message": .string(text), "programmingLanguage": .string("unknown")])
    }

    private func dataset(_ input: InputSpec) -> [JSON] {
        input.files.map { file in
            dataset("\(input.name)/\(file.name)", file.digest, [:])
        }
    }

    private func dataset(_ output: Output) -> JSON {
        dataset(
            "\(accepted.name)/\(accepted.id)/\(output.name)", output.content.digest,
            [
                "outputFacets": .object([
                    "outputStatistics": facet(
                        "1-0-2/OutputStatisticsOutputDatasetFacet",
                        ["size": .integer(output.content.size.bytes)])
                ])
            ])
    }

    /// The version of a file is what it contains.
    private func dataset(_ name: String, _ digest: Digest, _ more: [String: JSON]) -> JSON {
        let version = facet(
            "1-0-1/DatasetVersionDatasetFacet",
            ["datasetVersion": .string("sha256:\(digest.hex)")])
        return .object(
            more.merging([
                "namespace": .string(coordinator), "name": .string(name),
                "facets": .object(["version": version]),
            ]) { $1 })
    }

    private func facet(_ schema: String, _ members: [String: JSON]) -> JSON {
        let name = schema.drop { $0 != "/" }.dropFirst()
        return .object(
            members.merging([
                "_producer": .string(coordinator),
                "_schemaURL": .string(
                    "https://openlineage.io/spec/facets/\(schema).json#/$defs/\(name)"),
            ]) { $1 })
    }

    /// Of a stage, or of the campaign itself.
    private func runID(_ stage: String?) -> String { uuid(of: run, stage ?? "") }
}
