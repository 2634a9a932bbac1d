package import ErgonModel
import ErgonProvenance

extension ExportedCampaign {
    /// What ran, of what and by whom, as an in-toto Statement v1 with SLSA provenance v1
    /// (in-toto.io/Statement/v1, slsa.dev/provenance/v1). Its subjects are all files that the
    /// campaign left.
    package var slsaStatement: JSON {
        .object([
            "_type": .string("https://in-toto.io/Statement/v1"),
            "subject": .array(
                outputs.map { output in
                    .object(["name": .string(output.name), "digest": digest(output.content.digest)])
                }),
            "predicateType": .string("https://slsa.dev/provenance/v1"),
            "predicate": .object(["buildDefinition": buildDefinition, "runDetails": runDetails]),
        ])
    }

    private var buildDefinition: JSON {
        .object([
            "buildType": .string(exportNamespace + "campaign"),
            "externalParameters": .object([
                "campaign": .object([
                    "name": .string(accepted.name), "digest": digest(accepted.manifest),
                ]),
                "seed": .string("\(campaign.seed)"),
                "submitter": .string(accepted.by),
            ]),
            "internalParameters": .object([
                "stages": .object(
                    Dictionary(
                        stages.map { stage, run in
                            (stage.name(in: campaign), .int(run.account.succeeded.attempts))
                        }, uniquingKeysWith: { first, _ in first })),
                "variables": .object(campaign.environment.variables.mapValues(JSON.string)),
            ]),
            "resolvedDependencies": .array(
                campaign.inputs.flatMap { input in
                    input.files.map { dependency($0, as: "\(input.name)/\($0.name)") }
                } + campaign.code.map { dependency($0, as: "code/\($0.name)") }
                    + (campaign.environment.python.map { [dependency($0, as: $0.name)] } ?? [])),
        ])
    }

    private func dependency(_ file: InputFile, as name: String) -> JSON {
        .object([
            "name": .string(name), "uri": .string(file.identity), "digest": digest(file.digest),
        ])
    }

    private var runDetails: JSON {
        .object([
            "builder": .object([
                "id": .string(coordinator),
                "version": .object(["ergon": .string(history.version)]),
            ]),
            "metadata": .object([
                "invocationId": .string(run),
                "startedOn": .string(started.timestamp), "finishedOn": .string(ended.timestamp),
            ]),
            "byproducts": .array([
                byproduct("log record \(history.acceptance.sequence)", history.acceptance.digest),
                byproduct("log record \(sealRecord.sequence)", sealRecord.digest),
                byproduct("checkpoint", checkpointDigest),
            ]),
        ])
    }

    private func byproduct(_ name: String, _ content: Digest) -> JSON {
        .object(["name": .string(name), "digest": digest(content)])
    }

    private func digest(_ digest: Digest) -> JSON { .object(["sha256": .string(digest.hex)]) }
}
