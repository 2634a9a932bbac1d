package import ErgonModel

extension Manifest {
    /// The campaign, with every file known by digest.
    /// - Parameter found: answers each of `lookups` once: the files with their sizes and digests,
    ///   and with their events where the format lets them be counted.
    /// - Throws: everything that is wrong now that the files are known.
    package func resolved(
        _ found: (FileLookup) -> Result<[InputFile], LookupFailure>
    ) throws(ManifestErrors) -> Campaign {
        var reading = Reading()
        var inputs: [InputSpec] = []
        var unsound: Set<String> = []
        for draft in draft.inputs {
            let before = reading.findings.count
            inputs.append(reading.resolve(draft, found))
            if reading.findings.count > before { unsound.insert(draft.name) }
        }
        let code = draft.code.flatMap { reading.files(of: $0, found) }
        reading.checkNames(code, "code")
        let python = draft.python.flatMap { reading.onlyFile(of: $0, "`python`", found) }
        let campaign = Campaign(
            name: draft.name, owner: draft.owner, description: draft.description, seed: draft.seed,
            inputs: inputs.sorted { $0.name < $1.name }, code: sorted(code.map(\.content)),
            environment: EnvironmentSpec(python: python, variables: draft.variables),
            steps: steps.map(\.spec), goals: draft.goals,
            governance: governance(&reading, found))
        reading.checkTasks(of: steps, in: campaign, except: unsound, lists)
        guard reading.findings.isEmpty else { throw ManifestErrors(file: file, reading.findings) }
        return campaign
    }
}

/// By name, byte by byte.
private func sorted(_ files: [InputFile]) -> [InputFile] {
    files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
}

extension Reading {
    fileprivate mutating func resolve(
        _ draft: InputDraft, _ found: (FileLookup) -> Result<[InputFile], LookupFailure>
    ) -> InputSpec {
        let located = draft.files.flatMap { self.files(of: $0, found) }
        checkNames(located, "input `\(draft.name)`")
        var files = sorted(located.map(\.content))
        if let events = draft.events { declare(events, in: &files, draft.name) }
        let total = files.reduce(0) { min(largestInteger + 1, $0 + ($1.events ?? 0)) }
        if total > largestInteger {
            report(
                draft.events?.place ?? draft.place,
                "input `\(draft.name)` has more than 2^53 - 1 events", "check `events`")
        }
        return InputSpec(
            name: draft.name, files: files, format: draft.format ?? format(of: located, draft),
            url: draft.url, licence: draft.licence, stewardship: draft.stewardship)
    }

    private mutating func format(
        of files: [Located<InputFile>], _ draft: InputDraft
    ) -> InputSpec.Format {
        let formats = files.map { inputFormat(ofFileNamed: $0.content.name) }
        guard let first = formats.first else { return .opaque }
        if let other = formats.firstIndex(where: { $0 != first }) {
            report(
                draft.place,
                "input `\(draft.name)` mixes formats: \(quoted(files[0].content.name)) is "
                    + "\(first.rawValue), \(quoted(files[other].content.name)) is "
                    + "\(formats[other].rawValue)",
                "give the input a `format`, or make two inputs")
        }
        return first
    }

    private mutating func declare(
        _ events: Located<InputDraft.Events>, in files: inout [InputFile], _ input: String
    ) {
        let declared: [Int]
        switch events.content {
        case .each(let count): declared = Array(repeating: count, count: files.count)
        case .list(let counts): declared = counts
        }
        guard declared.count == files.count else {
            // Files that were not found have been reported.
            guard !files.isEmpty else { return }
            report(
                events.place,
                "`events` lists \(declared.count), but input `\(input)` has \(files.count) files",
                "one number for each file, in the order of the names, or one integer for all")
            return
        }
        for (index, count) in declared.enumerated() {
            if let counted = files[index].events, counted != count {
                report(
                    events.place,
                    "\(quoted(files[index].name)) has \(counted) events, not \(count)",
                    "correct `events`, or leave it out")
            }
            files[index].events = count
        }
    }

    fileprivate mutating func files(
        of source: Located<FileSource>, _ found: (FileLookup) -> Result<[InputFile], LookupFailure>
    ) -> [Located<InputFile>] {
        let lookup: FileLookup
        switch source.content {
        case .known(let file): return [Located(content: file, place: source.place)]
        case .lookup(let wanted): lookup = wanted
        }
        switch found(lookup) {
        case .failure(let failure):
            report(source.place, failure.problem, failure.remedy)
            return []
        case .success(let files):
            checkAnswer(files, to: lookup, at: source.place)
            return files.map { Located(content: $0, place: source.place) }
        }
    }

    private mutating func checkAnswer(
        _ files: [InputFile], to lookup: FileLookup, at place: Place
    ) {
        switch lookup.wanted {
        case .pattern(let pattern):
            if files.isEmpty {
                report(
                    place, "no file matches \(quoted(pattern))",
                    "paths are relative to the manifest's folder")
            }
        case .url(let url, let digest):
            if files.count != 1 || files[0].digest != digest {
                report(
                    place, "\(quoted(url)) is not the file with that `sha256`",
                    "check both; the content behind the address may have changed")
            }
        }
        for file in files where !isFileName(file.name, atMost: inputNameLimit) {
            report(
                place, "the name \(quoted(file.name)) cannot be used",
                "rename the file: at most \(inputNameLimit) bytes, no control character")
        }
    }

    /// They will stand in one folder.
    fileprivate mutating func checkNames(_ files: [Located<InputFile>], _ owner: String) {
        var names: Set<String> = []
        for file in files where !names.insert(file.content.name).inserted {
            report(
                file.place, "two files of \(owner) are called \(quoted(file.content.name))",
                "they will stand in one folder: name the file once, or rename one")
        }
    }

    /// - Parameter what: for messages: `` `python` ``.
    mutating func onlyFile(
        of source: Located<FileSource>, _ what: String,
        _ found: (FileLookup) -> Result<[InputFile], LookupFailure>
    ) -> InputFile? {
        let files = self.files(of: source, found)
        if files.count > 1 {
            report(source.place, "\(what) is \(files.count) files", "name one")
        }
        return files.first?.content
    }
}
