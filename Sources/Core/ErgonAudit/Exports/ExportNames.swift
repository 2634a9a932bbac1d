import ErgonModel

/// Where our own terms are defined, for formats that ask for a place. The name is one that nobody
/// can own (RFC 2606 §2): nothing is to be fetched from there; `docs/AUDIT.md` defines them.
let exportNamespace = "https://ergon.example/ns/v1#"

/// Letters, digits and `-._~/` stay, as they may in the path of a URI (RFC 3986 §3.3); every other
/// byte is written as `%` and two digits.
func percentEncoded(_ text: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
    return text.utf8.map { byte in
        plain.contains(byte)
            ? String(UnicodeScalar(byte)) : "%" + hexadecimal([byte]).uppercased()
    }.joined()
}
