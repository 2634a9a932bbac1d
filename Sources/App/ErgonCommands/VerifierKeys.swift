import ErgonProvenance
import FoundationEssentials

/// - Parameter named: the key itself, or a file with the key in its first line.
func verifierKey(_ named: String) throws -> VerifierKey {
    var text = named
    if !text.contains("+") || FileManager.default.fileExists(atPath: text) {
        text = String(decoding: try readFile(text), as: UTF8.self)
    }
    do throws(NoteFault) {
        return try VerifierKey(parsing: String(text.prefix { $0 != "\n" }))
    } catch {
        throw CommandFault(
            place: named, problem: "this is no verifier key: \(error)",
            remedy: "it looks like NAME+HASH+KEY; a coordinator keeps it in log-key.pub")
    }
}
