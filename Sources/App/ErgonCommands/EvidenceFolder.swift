import ErgonAudit
import ErgonModel
import ErgonProvenance
import ErgonStorage
import FoundationEssentials

/// Attestation, proof and crate of a campaign that has ended, in one folder.
struct EvidenceFolder {
    let folder: String

    private static let attestation = "attestation.json"
    private static let proof = "seal.tlog-proof"
    private static let record = "seal.json"
    private static let crate = "crate"
    /// Digests of these stand for the whole: the crate's metadata name its files.
    private static let witnesses = [attestation, proof, "\(crate)/\(RunCrate.metadataName)"]

    func write(
        _ exported: ExportedCampaign, of log: LogArguments, signedBy signer: NoteSigner
    ) throws {
        try makeFolder(folder)
        let attestation = exported.attestation(by: signer)
        try writeFile(Array((attestation.text + "\n").utf8), to: path(Self.attestation))
        let (proof, record) = try log.proof(of: exported.sealRecord.sequence)
        try writeFile(Array(proof.text.utf8), to: path(Self.proof))
        try writeFile(record, to: path(Self.record))
        try writeCrate(
            of: exported, from: ContentStore(reading: log.contentFolder), to: path(Self.crate))
    }

    /// Names and digests of what was written, for the record.
    func summary() throws -> String {
        try Self.witnesses.map { name in
            "\(name) \(ErgonModel.Digest(of: try readFile(path(name))).hex)"
        }.joined(separator: ", ")
    }

    // MARK: Verifying

    /// Reads back what lies in the folder, by the log's key alone.
    /// - Returns: what does not convince; nothing if all does.
    func problems(of exported: ExportedCampaign, by key: VerifierKey) throws -> [String] {
        var problems: [String] = []
        func look(_ name: String, _ check: () throws -> String?) {
            do {
                if let problem = try check() { problems.append("\(name): \(problem)") }
            } catch {
                problems.append("\(name): \(error)")
            }
        }
        look(Self.attestation) { try attestationProblem(exported, key) }
        look(Self.proof) { try proofProblem(exported, key) }
        look(Self.crate) { try crateProblem(exported, key) }
        return problems
    }

    private func attestationProblem(
        _ exported: ExportedCampaign, _ key: VerifierKey
    ) throws -> String? {
        let attestation = try Attestation(parsing: readFile(path(Self.attestation)))
        try attestation.verify(by: key)
        let subjects = try JSON(parsing: attestation.document)["subject"]?.array ?? []
        let named = Set(subjects.compactMap { $0["digest"]?["sha256"]?.string })
        return exported.outputs.first { !named.contains($0.content.digest.hex) }.map {
            "\($0.name) is none of its subjects"
        }
    }

    private func proofProblem(
        _ exported: ExportedCampaign, _ key: VerifierKey
    ) throws -> String? {
        let record = try readFile(path(Self.record))
        _ = try LogProof(parsing: readFile(path(Self.proof))).verified(of: record, by: [key])
        guard case .campaignSealed(let seal) = try decode(record).record.event,
            seal == exported.seal
        else { return "it is not of the campaign's end" }
        return nil
    }

    /// Whether the checkpoint is signed, and every file in it is what its metadata say.
    private func crateProblem(
        _ exported: ExportedCampaign, _ key: VerifierKey
    ) throws -> String? {
        let note = try SignedNote(
            parsing: readFile(path("\(Self.crate)/\(RunCrate.checkpointName)")))
        _ = try note.verified(by: [key])
        let metadata = try JSON(
            parsing: readFile(path("\(Self.crate)/\(RunCrate.metadataName)")))
        let entities = metadata["@graph"]?.array ?? []
        guard entities.contains(where: { $0["@id"]?.string == RunCrate.manifestName }) else {
            return "it has no manifest"
        }
        for entity in entities {
            guard let name = entity["@id"]?.string, let digest = entity["sha256"]?.string,
                !name.contains(":")
            else { continue }
            let content = try readFile(path("\(Self.crate)/\(name)"))
            if ErgonModel.Digest(of: content).hex != digest {
                return "\(name) is not what its metadata say"
            }
        }
        return nil
    }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }
}
