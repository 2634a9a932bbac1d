package import ErgonModel
import ErgonProvenance

extension ExportedCampaign {
    /// What went into the campaign, as a CycloneDX 1.6 bill of materials: models with the energy of
    /// what ran with them, data with their licences, programs.
    package var billOfMaterials: JSON {
        let parts = campaign.inputs.map(component) + programs
        return .object([
            "bomFormat": .string("CycloneDX"), "specVersion": .string("1.6"),
            "$schema": .string("http://cyclonedx.org/schema/bom-1.6.schema.json"),
            "serialNumber": .string("urn:uuid:\(uuid(of: run, "bom"))"), "version": .integer(1),
            "metadata": .object([
                "timestamp": .string(ended.timestamp),
                "tools": .object([
                    "components": .array([
                        .object([
                            "type": .string("application"), "name": .string("ergon"),
                            "version": .string(history.version),
                        ])
                    ])
                ]),
                "component": .object([
                    "type": .string("application"), "bom-ref": .string(run),
                    "name": .string(accepted.name), "version": .string("\(accepted.id)"),
                    "hashes": hashes(accepted.manifest),
                ]),
            ]),
            "components": .array(parts),
            "dependencies": .array([
                .object([
                    "ref": .string(run), "dependsOn": .array(parts.compactMap { $0["bom-ref"] }),
                ])
            ]),
        ])
    }

    private func component(_ input: InputSpec) -> JSON {
        var members: [String: JSON?] = [
            "bom-ref": .string("input/\(input.name)"), "name": .string(input.name),
            "licenses": input.licence.map(licences),
            "hashes": input.files.count == 1 ? hashes(input.files[0].digest) : nil,
            "components": input.files.count == 1
                ? nil : .array(input.files.map { file($0, "input/\(input.name)") }),
            "externalReferences": input.url.map { url in
                .array([
                    .object(["type": .string("distribution"), "url": .string(url)])
                ])
            },
        ]
        if input.isModel {
            members["type"] = .string("machine-learning-model")
            members["modelCard"] = modelCard(of: input)
        } else {
            members["type"] = .string("data")
            members["data"] = .array([
                .object(["type": .string("dataset"), "name": .string(input.name)])
            ])
        }
        return object(members)
    }

    private func modelCard(of model: InputSpec) -> JSON {
        let steps = campaign.steps.indices.filter { step in
            inputs(of: step).contains { $0.name == model.name }
        }
        let data = Set(steps.flatMap { inputs(of: $0) }.filter { !$0.isModel }.map(\.name)).sorted()
        return .object([
            "modelParameters": .object([
                "inputs": .array(data.map { .object(["format": .string("input/\($0)")]) })
            ]),
            "considerations": .object([
                "environmentalConsiderations": .object([
                    "energyConsumptions": .array([consumption(of: steps)])
                ])
            ]),
        ])
    }

    /// Energy of all attempts of the work of `steps`.
    private func consumption(of steps: [Int]) -> JSON {
        let energy = steps.reduce(Joules.zero) { sum, step in
            sum + (history.stages[Stage(step: step, part: .work)]?.account.energy ?? .zero)
        }
        let amount = JSON.object([
            "value": .number(energy.kilowattHours), "unit": .string("kWh"),
        ])
        return .object([
            "activity": .string("inference"), "activityEnergyCost": amount,
            "energyProviders": .array([
                .object([
                    "organization": .object(["name": .string("not on record")]),
                    "energySource": .string("unknown"), "energyProvided": amount,
                ])
            ]),
        ])
    }

    private var programs: [JSON] {
        campaign.code.map { file($0, "code") }
            + (campaign.environment.python.map { [file($0, "environment")] } ?? [])
    }

    private func file(_ file: InputFile, _ folder: String) -> JSON {
        .object([
            "type": .string("file"), "bom-ref": .string("\(folder)/\(file.name)"),
            "name": .string(file.name), "hashes": hashes(file.digest),
        ])
    }

    private func hashes(_ digest: Digest) -> JSON {
        .array([.object(["alg": .string("SHA-256"), "content": .string(digest.hex)])])
    }

    /// One identifier stands as such, anything longer as an expression; both by SPDX.
    private func licences(_ expression: String) -> JSON {
        expression.contains(" ") || expression.hasPrefix("LicenseRef-")
            ? .array([.object(["expression": .string(expression)])])
            : .array([.object(["license": .object(["id": .string(expression)])])])
    }
}

extension InputSpec {
    /// Suffixes of files that hold trained models and nothing else.
    private static let modelSuffixes = [
        ".onnx", ".pt", ".pth", ".safetensors", ".tflite", ".gguf", ".keras",
    ]

    /// Whether all its files are trained models, by their names.
    package var isModel: Bool {
        files.allSatisfy { file in
            Self.modelSuffixes.contains { file.name.lowercased().hasSuffix($0) }
        }
    }
}
