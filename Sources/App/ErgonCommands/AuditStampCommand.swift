import ArgumentParser
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import ErgonTransfer
import FoundationEssentials

struct AuditStampCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stamp", abstract: "Has somebody say when a log's checkpoint was there.",
        discussion: """
            Asks a time-stamp authority (RFC 3161) to sign the log's checkpoint with the time. \
            The checkpoint and the answer are kept as `stamps/SIZE` and `stamps/SIZE.tsr` beside \
            the log, for `openssl ts -verify -data stamps/SIZE -in stamps/SIZE.tsr -CAfile …`. \
            The authority learns nothing but a hash.
            """)

    @Argument(help: "The authority's URL.")
    var authority: String
    @OptionGroup var arguments: LogArguments

    func run() async throws {
        try await reporting {
            guard let note = try arguments.openEither().checkpoint else {
                throw arguments.noCheckpoint
            }
            let size = try Checkpoint(parsing: note.text).head.size
            let bytes = Array(note.note.utf8)
            let (stamp, answer) = try await stamped(Digest(of: bytes))
            let stamps = TileFolder(arguments.stamps)
            try stamps.write(bytes, to: "\(size)")
            try stamps.write(answer, to: "\(size).tsr")
            printData("the first \(size) records were there at \(stamp.time)")
        }
    }

    private func stamped(_ digest: ErgonModel.Digest) async throws -> (TimeStamp, [UInt8]) {
        let nonce = Int.random(in: 1...Int.max)
        let answer = try await TransferClient().post(
            TimeStampRequest(of: digest, nonce: nonce).bytes, to: authority,
            type: "application/timestamp-query")
        do throws(TimeStampFault) {
            guard answer.status == 200 else {
                throw TimeStampFault(problem: "answers \(answer.status)")
            }
            let stamp = try TimeStamp(answer.body)
            guard stamp.answers(of: digest, nonce: nonce) else {
                throw TimeStampFault(problem: "the answer is to another request")
            }
            return (stamp, answer.body)
        } catch {
            throw CommandFault(
                place: authority, problem: error.problem,
                remedy: "name an authority that speaks RFC 3161 over HTTP", exit: Exit.no)
        }
    }
}

/// The newest time-stamp of a log.
struct KeptStamp {
    /// Of how many records.
    let size: Int
    let time: String
    /// The checkpoint that it is of.
    let head: TreeHead

    /// - Parameter folder: `stamps` beside a log.
    /// - Returns: `nil` if there is none.
    /// - Throws: `CommandFault` with what is wrong with it, if it is not of a checkpoint that the
    ///   log signed.
    init?(newestIn folder: String, signedBy key: VerifierKey) throws(CommandFault) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let sizes = names.filter { $0.hasSuffix(".tsr") }.compactMap { Int($0.dropLast(4)) }
        guard let size = sizes.max() else { return nil }
        let place = "\(folder)/\(size).tsr"
        func fault(_ problem: String) -> CommandFault {
            CommandFault(place: place, problem: problem, remedy: "", exit: Exit.no)
        }
        guard let bytes = try? readFile("\(folder)/\(size)"), let answer = try? readFile(place),
            let note = try? SignedNote(parsing: bytes), (try? note.verified(by: [key])) != nil,
            let head = try? Checkpoint(parsing: note.text).head, head.size == size
        else { throw fault("this is of no checkpoint of the log") }
        do throws(TimeStampFault) {
            let stamp = try TimeStamp(answer)
            guard stamp.digest == Digest(of: bytes) else {
                throw TimeStampFault(problem: "this is of another checkpoint")
            }
            (self.size, time, self.head) = (size, stamp.time, head)
        } catch { throw fault(error.problem) }
    }
}

extension LogArguments {
    /// Where time-stamps of the log's checkpoints are.
    var stamps: String { "\(around)/stamps" }
}
