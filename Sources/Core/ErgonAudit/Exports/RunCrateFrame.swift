import ErgonModel
import ErgonProvenance

/// What every crate has around the run itself: the root, profiles, people and Ergon.
extension RunCrate {
    private static let profiles = [
        ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
        ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
        ("https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5"),
        ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
    ]

    mutating func addAround() {
        for (id, name, version) in Self.profiles {
            add(
                id, "CreativeWork", about: ["name": .string(name), "version": .string(version)])
        }
        add("#submitter", "Person", about: ["name": .string(exported.accepted.by)])
        add(
            "#ergon", "SoftwareApplication",
            about: [
                "name": .string("Ergon"), "softwareVersion": .string(exported.history.version),
                "url": reference(exportNamespace),
            ])
        add(
            "#orchestration", "OrganizeAction",
            about: [
                "name": .string("what the coordinator did"),
                "instrument": reference("#ergon"), "agent": reference("#submitter"),
                "object": references(controls), "result": reference("#run"),
                "startTime": .string(exported.started.timestamp),
                "endTime": .string(exported.ended.timestamp),
            ])
        add(
            "#licence", "CreativeWork",
            about: [
                "name": .string("not on record"),
                "description": .string(
                    "The log names no licence for the whole; inputs have their own."),
            ])
        addRoot()
    }

    private mutating func addRoot() {
        let accepted = exported.accepted
        add(
            Self.metadataName, "CreativeWork",
            about: [
                "about": reference("./"),
                "conformsTo": references([
                    "https://w3id.org/ro/crate/1.1",
                    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
                ]),
            ])
        add(
            "./", "Dataset",
            about: [
                "name": .string("campaign \(accepted.id), \(accepted.name)"),
                "description": .string(
                    exported.campaign.description
                        ?? "A batch campaign as the log \(exported.history.origin) tells of it."),
                "datePublished": .string(exported.ended.timestamp),
                "license": reference("#licence"),
                "conformsTo": references(Self.profiles.map(\.0)),
                "mainEntity": reference(Self.manifestName),
                "mentions": references(actions + controls + ["#orchestration"]),
                "hasPart": references(parts), "author": reference("#submitter"),
            ])
    }
}

func reference(_ id: String) -> JSON { .object(["@id": .string(id)]) }

/// One by itself, several as a list, none not at all.
func references(_ ids: [String]) -> JSON? {
    switch ids.count {
    case 0: nil
    case 1: reference(ids[0])
    default: .array(ids.map(reference))
    }
}
