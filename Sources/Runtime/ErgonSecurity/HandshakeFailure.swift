package import ErgonModel
import NIOSSL
package import X509

/// One sentence on why a TLS connection failed, for the log of whoever saw the error.
package func explain(_ error: any Error) -> String {
    let text = printed(error)
    for (sign, sentence) in sentences where text.contains(sign) { return sentence }
    switch error {
    case NIOSSLError.uncleanShutdown: return "the peer closed the connection without saying so"
    default: return "the TLS connection failed: \(printable(text))"
    }
}

/// The same on the server's side. TLS says only that a certificate does not verify; which of its
/// faults it was, this finds out by looking at it again.
/// - Parameter presented: the client's certificate, if it got as far as to show one.
package func explain(
    _ error: any Error, presented: Certificate?, authority: Certificate, now: Instant
) -> String {
    guard printed(error).contains(verifyFailed), let presented else { return explain(error) }
    return "the client's certificate was refused: "
        + fault(of: presented, authority: authority, now: now)
}

private func fault(of client: Certificate, authority: Certificate, now: Instant) -> String {
    guard client.isIssued(by: authority) else {
        if client.isIssued(by: client) { return "it is self-signed" }
        if client.issuer == authority.subject {
            return "it names our authority as its issuer, but was not signed by it"
        }
        return "it is from an unknown authority, `\(printable(client.issuer.description))`"
    }
    let validity = client.validity
    if now < validity.notBefore { return "it is not valid before \(validity.notBefore.text)" }
    if validity.notAfter < now { return "it expired at \(validity.notAfter.text)" }
    if !client.allows(.clientAuth) { return "it is not meant for clients" }
    return "it does not verify"
}

private let verifyFailed = "CERTIFICATE_VERIFY_FAILED"

/// By the names that BoringSSL gives its errors; `ALERT` means that the peer said it.
private let sentences: [(sign: String, sentence: String)] = [
    ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "the client showed no certificate"),
    (verifyFailed, "the peer's certificate was refused"),
    ("ALERT_UNKNOWN_CA", "the peer does not know the authority of our certificate"),
    ("ALERT_CERTIFICATE_EXPIRED", "the peer says that our certificate has expired"),
    ("ALERT_CERTIFICATE_REQUIRED", "the peer wants a certificate, and we showed none"),
    ("ALERT_BAD_CERTIFICATE", "the peer refused our certificate"),
    ("ALERT_UNSUPPORTED_CERTIFICATE", "the peer says that our certificate is not meant for this"),
    ("ALERT_CERTIFICATE_UNKNOWN", "the peer refused our certificate"),
    ("ALERT_PROTOCOL_VERSION", "the peer does not speak the version of TLS that we ask for"),
    ("UNSUPPORTED_PROTOCOL", "the peer does not speak TLS 1.3"),
    ("HTTP_REQUEST", "the peer speaks plain HTTP where TLS is needed"),
    ("WRONG_VERSION_NUMBER", "the peer does not speak TLS"),
    ("EOF during handshake", "the peer closed the connection during the handshake"),
    ("failedToValidateHostname", "the server's certificate is not the coordinator's"),
]

private func printed(_ error: any Error) -> String { String(describing: error) }
