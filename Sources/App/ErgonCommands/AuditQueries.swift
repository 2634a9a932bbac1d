import ArgumentParser
import ErgonAudit
import ErgonIndex
import ErgonModel
import ErgonProvenance
import ErgonStorage

/// What `ergon audit show` is asked about a log.
struct QueryArguments: ParsableArguments {
    @Option(help: "Outputs that were made with that model, by its name or digest.")
    var model: String?
    @Option(help: "Outputs that were made of that input or program, by its name or digest.")
    var input: String?
    @Option(help: "Where an output is from: STEP.OUTPUT, STEP.OUTPUT/TASK or its digest.")
    var outputNamed: String?
    @Option(help: "What a worker did and what was said of it.")
    var worker: String?
    @Option(help: "What a person did: NAME, ROLE/NAME, or the whole identity that is on record.")
    var person: String?
    @OptionGroup var index: IndexOption

    private static let questions = ["--model", "--input", "--output-named", "--worker", "--person"]

    var isAsked: Bool { count > 0 }

    private var count: Int {
        [model, input, outputNamed, worker, person].count { $0 != nil }
    }

    func validate() throws {
        if count > 1 {
            throw ValidationError("ask one at a time: \(Self.questions.joined(separator: ", "))")
        }
    }

    /// The answer: outputs that seals name, and records.
    func answer(_ index: QueryIndex) throws -> (outputs: [QueryIndex.FoundOutput], records: [Int]) {
        if let model { return (try index.outputs(using: model, as: [.model]), []) }
        if let input {
            return (try index.outputs(using: input, as: [.input, .model, .program]), [])
        }
        if let worker { return ([], try index.records(about: .worker, named: worker)) }
        if let person { return ([], try index.records(about: .person, named: person)) }
        guard let name = outputNamed else { return ([], []) }
        let found = try index.outputs(named: name)
        return (found, try index.makers(of: found) + index.records(ofTask: name))
    }
}

/// Where the query index is.
struct IndexOption: ParsableArguments {
    @Option(
        help: """
            The query index. It is made of the log where it is not there. Default: `index.sqlite` \
            beside the log, or in the folder that it was exported to.
            """,
        completion: .file())
    var index: String?

    /// Opens it, and brings it up to the log's checkpoint.
    func open(of log: LogArguments) throws -> (QueryIndex, SignedNote) {
        let reader = try log.openEither()
        guard let note = reader.checkpoint else { throw log.noCheckpoint }
        let path = index.map(absolute) ?? "\(log.around)/index.sqlite"
        var index = try QueryIndex(path)
        let content = log.contentFolder
        try index.update(
            to: try Checkpoint(parsing: note.text).head,
            campaign: { storedCampaign($0, in: content) }
        ) { try log.openEither() }
        return (index, note)
    }
}

extension QueryIndex.FoundOutput {
    var text: String {
        "campaign \(campaign): \(name) (\(file)) \(digest), record \(sequence)"
    }

    var json: JSON {
        .object([
            "campaign": .int(campaign.number), "name": .string(name), "file": .string(file),
            "sha256": .string(digest), "record": .int(sequence),
        ])
    }
}

extension LogArguments {
    /// The records of those numbers, in ascending order.
    func records(_ numbers: [Int], signedBy note: SignedNote) throws -> [(Int, [UInt8])] {
        let wanted = Set(numbers).sorted()
        if isExported {
            var tree = TiledTree(
                of: TileFolder(folder), size: try Checkpoint(parsing: note.text).head.size)
            return try wanted.map { ($0, try tree.record($0)) }
        }
        guard let first = wanted.first, let last = wanted.last else { return [] }
        let isWanted = Set(wanted)
        var found: [(Int, [UInt8])] = []
        var reader = try LogReader(folder, near: first)
        while found.count < wanted.count, let item = try reader.next() {
            guard case .record(let place, let bytes) = item else { continue }
            if isWanted.contains(place.sequence) { found.append((place.sequence, bytes)) }
            if place.sequence >= last { break }
        }
        return found
    }
}
