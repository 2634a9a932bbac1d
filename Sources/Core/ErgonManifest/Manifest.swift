package import ErgonModel

/// How much is read at most, and how much a command may be given.
package struct ManifestLimits: Hashable, Sendable {
    package var bytes: Int
    /// Texts, numbers, lists and mappings in all.
    package var values: Int
    /// What may become arguments of one command; `nil` leaves that to be seen when it is run.
    package var arguments: ListLimits?

    /// What people write.
    package static let written = ManifestLimits(
        bytes: 1 << 20, values: 200_000, arguments: .commandLine)
    /// Canonical forms, in which a pattern has become the list of its files: some 50,000 of them.
    /// One that was accepted before commands were looked at is on record, and must be read again.
    package static let canonical = ManifestLimits(
        bytes: 16 << 20, values: 1_000_000, arguments: nil)
}

/// How many things of a kind may become arguments of one command.
package struct ListLimits: Hashable, Sendable {
    package var seeds: Int
    package var files: Int

    /// Linux gives arguments and environment together a quarter of the stack's limit, 2 MiB of the
    /// usual 8 (execve(2)). A seed takes up to 25 bytes of it, pointer and all; so many files fit
    /// if their paths have 450 bytes or less.
    package static let commandLine = ListLimits(seeds: 20_000, files: 4096)
}

/// Reads a manifest (`docs/MANIFEST.md`), as written or in its canonical form.
/// - Parameter file: what errors call the text.
/// - Throws: everything that is wrong with it and can be seen without its files.
package func parseManifest(
    _ text: String, file: String, limits: ManifestLimits = .written
) throws(ManifestErrors) -> Manifest {
    var reading = Reading()
    var (draft, steps): (CampaignDraft, [CheckedStep]) = (CampaignDraft(), [])
    if let document = reading.document(text, limits: limits) {
        draft = reading.campaign(document)
        steps = reading.check(draft)
    }
    guard reading.findings.isEmpty else { throw ManifestErrors(file: file, reading.findings) }
    precondition(steps.count == draft.steps.count, "a step of \(file) was lost without an error")
    return Manifest(file: file, draft: draft, steps: steps, lists: limits.arguments)
}

/// Reads a canonical form: everything that it takes is in it.
package func parseCanonical(_ bytes: [UInt8]) throws(ManifestErrors) -> Campaign {
    let text = String(decoding: bytes, as: UTF8.self)
    return try parseManifest(text, file: "manifest", limits: .canonical).resolved { _ in
        .failure(
            LookupFailure(
                problem: "a file without digest", remedy: "name it as `{name, sha256, bytes}`"))
    }
}

/// A checked manifest whose files are not looked up yet.
package struct Manifest: Sendable {
    let file: String
    let draft: CampaignDraft
    let steps: [CheckedStep]
    let lists: ListLimits?
    /// What must be looked up outside, in the order of the text. Empty for a canonical form.
    package let lookups: [FileLookup]

    init(file: String, draft: CampaignDraft, steps: [CheckedStep], lists: ListLimits?) {
        self.file = file
        self.draft = draft
        self.steps = steps
        self.lists = lists
        let sources =
            draft.inputs.flatMap(\.files) + draft.code + (draft.python.map { [$0] } ?? [])
            + draft.governance.models.compactMap(\.card)
        lookups = sources.compactMap { source in
            if case .lookup(let lookup) = source.content { lookup } else { nil }
        }.sorted { $0.id < $1.id }
    }
}

/// A question to the file system, or to whoever fetches.
package struct FileLookup: Hashable, Sendable {
    package enum Wanted: Hashable, Sendable {
        /// A path, relative to the manifest's folder, or a pattern with `*`, `?` or `[…]` in its
        /// last component.
        case pattern(String)
        /// One file with that content.
        case url(String, Digest)
    }
    package enum Purpose: Hashable, Sendable {
        /// - Parameter format: `nil` means by the name of the file (`inputFormat(ofFileNamed:)`).
        case input(format: InputSpec.Format?)
        case code
        case python
        case card
    }

    /// Counts from 0 in one manifest.
    package var id: Int
    package var wanted: Wanted
    package var purpose: Purpose
}

/// Why a lookup found nothing that could be used.
package struct LookupFailure: Error, Hashable, Sendable {
    package var problem: String
    package var remedy: String

    package init(problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }
}

/// What an input's file holds, if the manifest does not say.
package func inputFormat(ofFileNamed name: String) -> InputSpec.Format {
    let suffixes: [(String, InputSpec.Format)] = [
        (".csv", .csv), (".txt", .lines), (".list", .lines), (".jsonl", .lines),
    ]
    return suffixes.first { name.hasSuffix($0.0) }?.1 ?? .opaque
}
