import ErgonModel
package import ErgonProvenance
import ErgonStorage

/// What a witness has seen last of each log: one file a log, a checkpoint without signatures.
package struct WitnessMemory: Sendable {
    private let folder: LogFolder
    private var heads: [String: TreeHead] = [:]

    /// Keeps every other witness out of the folder.
    /// - Throws: `locked`; `system`; `unreadable` if a file is not what was written: it would let a
    ///   log rewrite its past.
    package init(_ path: String) throws(LogFault) {
        let folder = try LogFolder(locking: path)
        self.folder = folder
        let kept: [(name: String, bytes: [UInt8])]
        do throws(SystemFault) {
            var all: [(name: String, bytes: [UInt8])] = []
            for name in try folder.names() where name.hasSuffix(Self.suffix) {
                if let bytes = try folder.content(of: name) { all.append((name, bytes)) }
            }
            kept = all
        } catch { throw .system(error) }
        for (name, bytes) in kept {
            guard let text = String(validating: bytes, as: UTF8.self),
                let seen = try? Checkpoint(parsing: text), Self.name(of: seen.origin) == name
            else {
                let place = LogPlace(segment: "\(path)/\(name)", offset: 0, sequence: 0)
                throw .unreadable(place, problem: "this is not what was seen of a log")
            }
            heads[seen.origin] = seen.head
        }
    }

    package func head(of origin: String) -> TreeHead? { heads[origin] }

    /// It is on disk when this returns.
    /// - Throws: `system`.
    package mutating func keep(_ head: TreeHead, of origin: String) throws(LogFault) {
        let text = Checkpoint(origin: origin, head: head).text
        do throws(SystemFault) {
            try folder.replace(Self.name(of: origin), with: Array(text.utf8))
        } catch { throw .system(error) }
        heads[origin] = head
    }

    private static let suffix = ".seen"

    /// Origins may have slashes in them.
    private static func name(of origin: String) -> String {
        leafHash(Array(origin.utf8)).hex.prefix(16) + suffix
    }
}
