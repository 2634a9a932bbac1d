/// Where content is fetched and put, and what proves the two sides to each other.
package struct Endpoint: Hashable, Sendable {
    /// A name or an address; IPv6 without brackets.
    package var host: String
    package var port: Int
    /// PEM files: our key, our certificate with what leads to the authority, and the only
    /// authority we believe.
    package var keyPath: String
    package var certificatePath: String
    package var authorityPath: String

    package init(
        host: String, port: Int, keyPath: String, certificatePath: String, authorityPath: String
    ) {
        self.host = host
        self.port = port
        self.keyPath = keyPath
        self.certificatePath = certificatePath
        self.authorityPath = authorityPath
    }

    /// What the peer's certificate must say, wherever the peer happens to be reached.
    static let provenName = "coordinator.ergon"

    /// `host:port`, as libcurl and people read it.
    var place: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
