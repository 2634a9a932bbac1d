import ArgumentParser
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonSystem
import ErgonWitness
import FoundationEssentials

struct WitnessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "witness", abstract: "Signs that logs have only grown; to be run by others.",
        discussion: """
            Remembers how far it has seen each log grow and signs the next checkpoint only if it \
            extends that (c2sp.org/tlog-witness, over HTTP). Whoever demands its signature \
            (`ergon audit verify --witness`) cannot be shown a log that was rewritten, not even by \
            who has the log's key. So it belongs on another host, with another person. A \
            coordinator's side: `ergon audit export log DIR --witness URL`.
            """)

    @Option(
        help: "The folder of its key and of what it has seen.", completion: .directory)
    var home: String
    @Option(help: "The verifier key of a log, or a file that holds it; may be given again.")
    var log: [String]
    @Option(help: "What its key is called: a URL without its scheme.")
    var name = "witness.ergon.local"
    @Option(help: "Address to listen on.")
    var listen = "127.0.0.1"
    @Option(help: "Port to listen on. 0: one that is free.")
    var port = 0
    @Option(help: ArgumentHelp("Write the port to this file.", visibility: .hidden))
    var readyFile: String?

    func validate() throws {
        guard isKeyName(name) else {
            throw ValidationError("--name has no white space and no +")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("a port is 0 to 65535") }
    }

    func run() async throws {
        try await reporting {
            let folder = absolute(home)
            let witness = Witness(
                logs: try log.map { try verifierKey($0) }, signer: try signer(in: folder))
            let server = WitnessServer(
                witness, try WitnessMemory("\(folder)/seen"), host: listen, port: port,
                seconds: { UInt64(clamping: systemClock().microseconds / 1_000_000) },
                logger: makeLogger("witness", quiet: false)
            ) { port in
                printNote("witness listens on http://\(listen):\(port)")
                if let readyFile {
                    let content = Data("\(port)\n".utf8)
                    _ = FileManager.default.createFile(atPath: readyFile, contents: content)
                }
            }
            try await untilSignalled { try await server.run() }
        }
    }

    /// Its key, made at the first start; beside it `witness-key.pub`, for whoever demands it.
    private func signer(in folder: String) throws -> NoteSigner {
        let path = "\(folder)/witness-key"
        let seed: [UInt8]
        if let known = try PrivateFile.readSecret(path) {
            seed = known
        } else {
            seed = randomBytes(32)
            try PrivateFile.write(seed, to: path)
        }
        guard let signer = NoteSigner(.cosignature, name: name, seed: seed) else {
            throw SecurityFault.unreadable(path: path, expected: "an Ed25519 seed of 32 bytes")
        }
        try PrivateFile.write(Array("\(signer.verifier)\n".utf8), to: "\(path).pub")
        return signer
    }
}
