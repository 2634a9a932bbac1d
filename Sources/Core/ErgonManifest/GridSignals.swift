import ErgonModel

extension Reading {
    /// A constant with its unit, `{file, format}`, or `{url, format}`.
    mutating func signal<Quantity>(
        _ value: Value, _ what: String, _ kind: QuantityKind, _ make: (Int64) -> Quantity
    ) -> SignalSource<Quantity>? {
        guard case .mapping = value.content else {
            return quantity(value, what, kind).map { .constant(make($0)) }
        }
        let keys = ["file", "url", "headers", "format", "column", "basis"]
        guard let section = section(value, what, keys: keys) else { return nil }
        let place = place(of: section)
        let format: SignalFormat? = section["format"].map { word($0, "`format`") } ?? .csv
        let basis: SignalFile.Basis? = section["basis"].map { word($0, "`basis`") } ?? .average
        let column = section["column"].flatMap { text($0, "`column`") }
        if let format, format != .csv, section["column"] != nil {
            report(
                section.place(of: "column"), "`column` with `format: \(format.rawValue)`",
                "only tables have columns: leave it out, or use `format: csv`")
        }
        guard let place, let format, let basis else { return nil }
        return .file(SignalFile(place: place, format: format, column: column, basis: basis))
    }

    private mutating func place(of section: Section) -> SignalFile.Place? {
        guard let value = section["url"] else {
            if section["headers"] != nil {
                report(
                    section.place(of: "headers"), "`headers` without `url`",
                    "add `url: https://…`")
            }
            return require("file", of: section, "signal.csv").flatMap { text($0, "`file`") }
                .map { .path($0) }
        }
        if section["file"] != nil {
            report(section.place(of: "file"), "`file` beside `url`", "leave one of them out")
        }
        let headers = section["headers"].flatMap { text($0, "`headers`") }
        guard let url = text(value, "`url`") else { return nil }
        guard isSignalURL(url) else {
            report(
                value.place, "`url`: \(quoted(url)) is no address of a service",
                "https://HOST/PATH?QUERY")
            return nil
        }
        if headers != nil, !url.hasPrefix("https://") {
            report(
                section.place(of: "headers"), "`headers` with an http address",
                "what they prove is only for https")
        }
        return .url(url, headers: headers)
    }

    /// `https?://HOST…`, in visible ASCII.
    private func isSignalURL(_ url: String) -> Bool {
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: url.hasPrefix) else { return false }
        let host = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        return !host.isEmpty && !url.contains("#")
            && url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
