import ErgonModel
import ErgonSecurity
import Synchronization

/// Credentials that the coordinator issues to itself, again and again.
final class OwnCredentials: Sendable {
    private let current: Mutex<Credentials>
    private let authority: Authority

    init(_ authority: Authority, in folder: String, now: Instant) throws {
        self.authority = authority
        let identity = try Identity(role: .coordinator, name: "coordinator")
        let first = try authority.issueCredentials(to: identity, in: folder, now: now)
        try first.save()
        current = Mutex(first)
    }

    var value: Credentials { current.withLock { $0 } }

    /// Issues the next ones when half of the time has passed.
    func renew(now: Instant) throws {
        let old = value
        guard
            now.microseconds > (old.validity.notBefore.microseconds + old.notAfter.microseconds) / 2
        else { return }
        let next = try authority.issueCredentials(to: old.identity, in: old.folder, now: now)
        try next.save()
        current.withLock { $0 = next }
    }
}
