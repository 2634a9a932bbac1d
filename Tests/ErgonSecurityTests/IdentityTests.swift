import ErgonModel
import Testing
import X509

@testable import ErgonSecurity

struct IdentityTests {
    @Test func `an identity and its URI are the same thing`() throws {
        let identity = try Identity(role: .worker, name: "node-1.example_x")
        #expect(identity.uri == "spiffe://ergon/worker/node-1.example_x")
        #expect(try Identity(uri: identity.uri) == identity)
    }

    @Test(arguments: [
        "", "spiffe://ergon/worker", "spiffe://ergon/worker/", "spiffe://ergon/worker/a/b",
        "spiffe://ergon//a", "spiffe://other/worker/a", "spiffe://ergon/admin/a",
        "spiffe://ergon/Worker/a", "https://ergon/worker/a", "spiffe://ergon/worker/a b",
        "spiffe://ergon/worker/..", "spiffe://ergon/worker/\u{e9}", "spiffe://ergon/worker/a\n",
        "spiffe://ergon/worker/" + String(repeating: "a", count: 64),
    ])
    func `a URI of any other form names nobody`(uri: String) {
        #expect(throws: IdentityFault.self) { try Identity(uri: uri) }
    }

    @Test func `a certificate must carry exactly one URI`() throws {
        let ours = GeneralName.uniformResourceIdentifier("spiffe://ergon/worker/w1")
        let admin = GeneralName.uniformResourceIdentifier("spiffe://ergon/operator/w1")
        for names in [[], [ours, admin], [.dnsName("spiffe://ergon/worker/w1")]] {
            let certificate = try Forgery(names: names).selfSigned()
            #expect(throws: IdentityFault.self) { try Identity(certificate: certificate) }
        }
        let certificate = try Forgery(names: [.dnsName("w1"), ours]).selfSigned()
        #expect(try Identity(certificate: certificate).name == "w1")
    }

    @Test func `what a peer sent cannot break a log line`() {
        #expect(printable("a\nb\u{1b}[31m") == "a?b?[31m")
        #expect(printable(String(repeating: "x", count: 500)).count == 103)
    }
}
