import ArgumentParser
import ErgonModel
import ErgonProvenance
import FoundationEssentials

struct AuditCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks a proof or an attestation by a key alone.",
        discussion: """
            A proof (`ergon audit prove`) needs the record that it is of: --record. An attestation \
            (`ergon audit export slsa`) needs nothing else; files that are named after it are \
            looked for among its subjects, by their digests. Exit status 1 if it does not convince.
            """)

    @Argument(help: "The proof or the attestation.", completion: .file())
    var file: String
    @Argument(help: "Outputs that an attestation must name.", completion: .file())
    var outputs: [String] = []
    @Option(help: "The verifier key (NAME+HASH+KEY), or a file that holds it.")
    var key: String
    @Option(help: "The record that a proof is of, byte for byte.", completion: .file())
    var record: String?
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let key = try verifierKey(key)
            let bytes = try readFile(absolute(file))
            do throws(NoteFault) {
                if bytes.starts(with: Array("c2sp.org/tlog-proof".utf8)) {
                    try checkProof(bytes, key, try readRecord())
                } else {
                    try checkAttestation(bytes, key)
                }
            } catch {
                throw CommandFault(
                    place: file, problem: "\(error)",
                    remedy: "do not rely on it; ask for it again, or for the whole log",
                    exit: Exit.no)
            }
        }
    }

    private func readRecord() throws(NoteFault) -> [UInt8] {
        guard let record, let bytes = try? readFile(absolute(record)) else {
            throw .malformed("the record that the proof is of is not at hand: give --record")
        }
        return bytes
    }

    private func checkProof(
        _ bytes: [UInt8], _ key: VerifierKey, _ record: [UInt8]
    ) throws(NoteFault) {
        let proof = try LogProof(parsing: bytes)
        guard Array(proof.text.utf8) == bytes else {
            throw .malformed("the proof is not in the form in which it was made")
        }
        let signed = try proof.verified(of: record, by: [key])
        output.print(
            "record \(proof.index) of \(signed.origin), "
                + "which had \(counted(signed.head.size, "record"))",
            json: [
                "record": .int(proof.index), "log": .string(signed.origin),
                "records": .int(signed.head.size),
            ])
    }

    private func checkAttestation(_ bytes: [UInt8], _ key: VerifierKey) throws(NoteFault) {
        let attestation = try Attestation(parsing: bytes)
        try attestation.verify(by: key)
        let statement: JSON
        do throws(JSONError) { statement = try JSON(parsing: attestation.document) } catch {
            throw .malformed("`payload` is no JSON: \(error)")
        }
        var subjects: [String: String] = [:]
        for subject in statement["subject"]?.array ?? [] {
            guard let digest = subject["digest"]?["sha256"]?.string else { continue }
            subjects[digest] = subject["name"]?.string
        }
        var found: [String] = []
        for path in outputs {
            guard let content = try? readFile(absolute(path)) else {
                throw .malformed("\(path) cannot be read")
            }
            let digest = ErgonModel.Digest(of: content).hex
            guard let name = subjects[digest] else {
                throw .malformed("\(path) (\(digest)) is none of its subjects")
            }
            found.append("\(path) is \(name)")
        }
        let head = "\(counted(subjects.count, "subject")), signed by \(key.name)"
        output.print(
            ([head] + found).joined(separator: "\n"),
            json: [
                "subjects": .object(
                    Dictionary(
                        subjects.map { ($0.key, JSON.string($0.value)) },
                        uniquingKeysWith: { first, _ in first })),
                "signedBy": .string(key.name),
            ])
    }
}
