import ErgonModel
import Testing
import X509

@testable import ErgonSecurity

struct PeerCheckTests {
    private let identity: Identity
    private let certificate: Certificate

    init() throws {
        let authority = try otherAuthority(now: noon)
        identity = try Identity(role: .worker, name: "w1")
        certificate = try authority.issueCredentials(to: identity, in: "nowhere", now: noon)
            .certificate
    }

    private func refusal(
        _ certificate: Certificate?, now: Instant = noon, denied: Set<String> = [],
        allowed: Set<Role> = [.worker]
    ) -> PeerRefusal? {
        do throws(PeerRefusal) {
            _ = try checkPeer(certificate, now: now, denied: denied, allowed: allowed)
            return nil
        } catch { return error }
    }

    @Test func `a valid peer is who its certificate says`() throws {
        let peer = try checkPeer(certificate, now: noon, denied: [], allowed: [.worker, .operator])
        #expect(peer == identity)
    }

    @Test func `no certificate, no answer`() { #expect(refusal(nil) == .noCertificate) }

    @Test func `a certificate is good from its first second to its last`() {
        let (first, last) = (noon + .seconds(-300), noon + day)
        #expect(refusal(certificate, now: first + Microseconds(-1)) == .notYetValid(from: first))
        #expect(refusal(certificate, now: first) == nil)
        #expect(refusal(certificate, now: last) == nil)
        #expect(refusal(certificate, now: last + Microseconds(1)) == .expired(at: last))
    }

    @Test func `a denied peer is refused by name, serial number or fingerprint`() throws {
        let names = [identity.uri, certificate.serialText, try certificate.fingerprint.hex]
        for name in names {
            #expect(refusal(certificate, denied: [name]) == .denied(identity, by: name))
        }
        #expect(refusal(certificate, denied: ["spiffe://ergon/worker/w2"]) == nil)
    }

    @Test(arguments: Role.allCases)
    func `only the roles that are allowed may call`(role: Role) {
        let expected = role == .worker ? nil : PeerRefusal.wrongRole(identity, allowed: [role])
        #expect(refusal(certificate, allowed: [role]) == expected)
    }

    @Test func `a certificate of ours that names nobody is refused`() throws {
        let stranger = try Forgery(
            validity: Validity(day, from: noon), names: [.uniformResourceIdentifier("a:b")]
        ).selfSigned()
        #expect(refusal(stranger) == .nobody(.foreignURI("a:b")))
    }

    @Test func `log and peer are told different things`() {
        let denied = PeerRefusal.denied(identity, by: "spiffe://ergon/worker/w1")
        #expect(denied.forLog == "worker w1 is on the deny list (spiffe://ergon/worker/w1)")
        #expect(denied.forPeer == "access denied")
        let role = PeerRefusal.wrongRole(identity, allowed: [.operator, .submitter])
        #expect(role.forLog == "worker w1 asked for what only operator or submitter may do")
        #expect(
            role.forPeer
                == "a certificate of role worker may not do this; it takes operator or submitter")
    }
}
