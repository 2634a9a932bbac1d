import ErgonModel

/// Numbers the lookups in the order of the text.
struct Lookups {
    private var next = 0

    mutating func add(_ wanted: FileLookup.Wanted, _ purpose: FileLookup.Purpose) -> FileSource {
        defer { next += 1 }
        return .lookup(FileLookup(id: next, wanted: wanted, purpose: purpose))
    }
}

extension Reading {
    mutating func input(_ entry: Entry, _ lookups: inout Lookups) -> InputDraft {
        var draft = InputDraft(name: entry.key, place: entry.place)
        let keys = [
            "files", "url", "sha256", "events", "format", "licence", "classification", "residency",
            "owner",
        ]
        guard let section = section(entry.value, "input `\(entry.key)`", keys: keys) else {
            return draft
        }
        draft.format = section["format"].flatMap { word($0, "`format`") }
        draft.licence = section["licence"].flatMap { text($0, "`licence`") }
        draft.stewardship = stewardship(section)
        draft.url = section["url"].flatMap { url($0) }
        draft.events = section["events"].flatMap { events($0) }
        if let value = section["files"] {
            draft.files = files(value, "`files`", .input(format: draft.format), &lookups)
            checkNamedTwice(section, draft)
        } else {
            draft.files = download(section, draft, &lookups)
        }
        return draft
    }

    /// `url` beside `files` is how the canonical form remembers where the one file came from.
    private mutating func checkNamedTwice(_ section: Section, _ draft: InputDraft) {
        if section["sha256"] != nil {
            report(
                section.place(of: "sha256"), "`sha256` beside `files`",
                "it goes with `url`; files are hashed by Ergon")
        }
        guard section["url"] != nil else { return }
        if draft.files.count == 1, case .known = draft.files[0].content { return }
        report(
            section.place(of: "url"), "`url` beside `files`",
            "an input is either `files`, or `url` and `sha256`")
    }

    private mutating func download(
        _ section: Section, _ draft: InputDraft, _ lookups: inout Lookups
    ) -> [Located<FileSource>] {
        let digest = section["sha256"].flatMap { self.digest($0) }
        switch (section["url"], section["sha256"]) {
        case (.some(let value), .some):
            guard let url = draft.url, let digest else { return [] }
            let source = lookups.add(.url(url, digest), .input(format: draft.format))
            return [Located(content: source, place: value.place)]
        case (.some, nil):
            report(
                section.place(of: "url"), "`url` without `sha256`",
                "add `sha256: …`: a download is named by what it must contain")
        case (nil, .some):
            report(
                section.place(of: "sha256"), "`sha256` without `url`",
                "add `url: https://…`, or name the file under `files`")
        case (nil, nil):
            report(
                section.place, "\(section.title) has no files",
                "add `files: PATTERN`, or `url: …` and `sha256: …`")
        }
        return []
    }

    private mutating func url(_ value: Value) -> String? {
        guard let url = text(value, "`url`") else { return nil }
        if isURL(url) { return url }
        report(
            value.place, "`url`: \(quoted(url)) is not the address of a file",
            "https://HOST/PATH/FILE")
        return nil
    }

    /// `https?://HOST/…FILE`, in visible ASCII and with neither query nor fragment, so that the
    /// last component is the file's name.
    private func isURL(_ url: String) -> Bool {
        let schemes = ["https://", "http://"]
        guard let scheme = schemes.first(where: url.hasPrefix) else { return false }
        let parts = url.dropFirst(scheme.count).split(
            separator: "/", omittingEmptySubsequences: false)
        let isVisible = url.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        return isVisible && !url.contains("?") && !url.contains("#") && parts.count >= 2
            && !parts[0].isEmpty
            && isFileName(String(parts[parts.count - 1]), atMost: inputNameLimit)
    }

    mutating func digest(_ value: Value) -> Digest? {
        guard let hex = text(value, "`sha256`") else { return nil }
        if let digest = Digest(hex: hex) { return digest }
        report(
            value.place, "`sha256`: \(quoted(hex)) is not a digest",
            "64 lower-case hexadecimal digits, as `sha256sum` prints them")
        return nil
    }

    private mutating func events(_ value: Value) -> Located<InputDraft.Events>? {
        guard case .list(let values) = value.content else {
            return integer(value, "`events`", in: 0...largestInteger).map {
                Located(content: .each($0), place: value.place)
            }
        }
        let counts = values.compactMap { integer($0, "`events`", in: 0...largestInteger) }
        guard counts.count == values.count else { return nil }
        return Located(content: .list(counts), place: value.place)
    }

    /// One file or pattern, or a list of them.
    mutating func files(
        _ value: Value, _ what: String, _ purpose: FileLookup.Purpose, _ lookups: inout Lookups
    ) -> [Located<FileSource>] {
        guard case .list(let values) = value.content else {
            return file(value, what, purpose, &lookups).map { [$0] } ?? []
        }
        if values.isEmpty, purpose != .code {
            report(value.place, "\(what) is empty", "name at least one file")
        }
        return values.compactMap { file($0, what, purpose, &lookups) }
    }

    /// A path or pattern, or a file that is already known.
    mutating func file(
        _ value: Value, _ what: String, _ purpose: FileLookup.Purpose, _ lookups: inout Lookups
    ) -> Located<FileSource>? {
        if case .mapping = value.content {
            return knownFile(value, what).map { Located(content: .known($0), place: value.place) }
        }
        guard let pattern = text(value, what) else { return nil }
        let folders = pattern.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        guard !pattern.hasSuffix("/"), !folders.contains(where: isPattern) else {
            report(
                value.place, "\(what): \(quoted(pattern)) does not name files",
                "a path of a file; `*`, `?` and `[…]` may stand in its last component")
            return nil
        }
        return Located(content: lookups.add(.pattern(pattern), purpose), place: value.place)
    }

    private func isPattern(_ component: Substring) -> Bool {
        component.contains { $0 == "*" || $0 == "?" || $0 == "[" }
    }

    private mutating func knownFile(_ value: Value, _ what: String) -> InputFile? {
        let keys = ["name", "sha256", "bytes", "events"]
        guard let section = section(value, "a file of \(what)", keys: keys) else { return nil }
        let name = require("name", of: section, "FILE").flatMap {
            fileName($0, "`name`", atMost: inputNameLimit)
        }
        let digest = require("sha256", of: section, "…").flatMap { self.digest($0) }
        let size = require("bytes", of: section, "0").flatMap {
            integer($0, "`bytes`", in: 0...largestInteger)
        }
        let events = section["events"].map { integer($0, "`events`", in: 0...largestInteger) }
        guard let name, let digest, let size, events != .some(nil) else { return nil }
        return InputFile(
            name: name, digest: digest, size: ByteCount(Int64(size)), events: events ?? nil)
    }
}
