import Crypto
import ErgonModel
import FoundationEssentials
import Glibc
import Synchronization

/// What stands for a person on record. Each has a key of their own, in a file of its own: without
/// it nobody can tell any more whose pseudonym it was.
package final class PersonBook: Sendable {
    private let folder: String
    /// Two first calls of one person must not draw two keys.
    private let turn = Mutex<Void>(())

    package init(folder: String) { self.folder = folder }

    /// The identity with a pseudonym for its name; a key is drawn for whoever has none.
    package func actor(of identity: Identity) throws(SecurityFault) -> String {
        let name = try turn.withLock { _ throws(SecurityFault) in
            try pseudonym(of: identity.name, mayDraw: true)
        }
        guard let name, let actor = try? Identity(role: identity.role, name: name) else {
            preconditionFailure("`\(identity.name)` cannot be named on record")
        }
        return actor.uri
    }

    /// The person behind each pseudonym that can still be told.
    package func persons() throws(SecurityFault) -> [String: String] {
        let names: [String]
        do {
            guard FileManager.default.fileExists(atPath: folder) else { return [:] }
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .cannotRead(path: folder, reason: "the folder cannot be listed")
        }
        var persons: [String: String] = [:]
        for name in names where !name.hasSuffix(".new") {
            if let pseudonym = try pseudonym(of: name, mayDraw: false) {
                persons[pseudonym] = name
            }
        }
        return persons
    }

    /// What the person is called on record; `nil` if there is nobody of that name.
    package func pseudonym(of name: String) throws(SecurityFault) -> String? {
        try pseudonym(of: name, mayDraw: false)
    }

    /// Takes the key away: what is on record is nobody's from then on.
    /// - Returns: false if there is nobody of that name.
    package func forget(_ name: String) throws(SecurityFault) -> Bool {
        guard let path = path(of: name) else { return false }
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else {
            throw .cannotWrite(path: path, reason: String(cString: strerror(errno)))
        }
        return false
    }

    private func pseudonym(of name: String, mayDraw: Bool) throws(SecurityFault) -> String? {
        guard let path = path(of: name) else { return nil }
        var known = try PrivateFile.readSecret(path)
        if known == nil, mayDraw {
            let drawn = randomBytes(32)
            try PrivateFile.write(drawn, to: path)
            known = drawn
        }
        guard let key = known else { return nil }
        guard key.count == 32 else { throw .unreadable(path: path, expected: "a key of 32 bytes") }
        let code = HMAC<SHA256>.authenticationCode(
            for: Array(name.utf8), using: SymmetricKey(data: key))
        return "p-" + hexadecimal(Array(code.prefix(16)))
    }

    private func path(of name: String) -> String? {
        guard (try? Identity(role: .operator, name: name)) != nil else { return nil }
        return "\(folder)/\(name)"
    }
}
