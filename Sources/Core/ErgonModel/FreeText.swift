/// The longest text of a peer's choosing that is kept, in bytes of UTF-8 (`docs/LOG.md`,
/// "Records").
package let freeTextLimit = 512

/// At most `limit` bytes of `text`; what is left out shows as `…` at the end.
/// - Precondition: `limit` has room for the `…`, which is 3 bytes long.
package func shortened(_ text: String, to limit: Int = freeTextLimit) -> String {
    guard text.utf8.count > limit else { return text }
    let ellipsis = "…"
    var (scalars, length) = (String.UnicodeScalarView(), ellipsis.utf8.count)
    for scalar in text.unicodeScalars {
        length += UTF8.width(scalar)
        if length > limit { break }
        scalars.append(scalar)
    }
    return String(scalars) + ellipsis
}
