import ErgonAudit
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import X509

/// Takes a log in from its first record to its last. Three things go on beside each other, so that
/// all processors have something to do: the signatures of the records before, the judgement of
/// some records and the reading of the next, and their decoding.
struct LogReading {
    private(set) var audit: Audit
    private var policies: DecisionCheck
    /// What is wrong, in the order in which it was met: where, and what.
    private(set) var findings: [(place: String, problem: String)] = []
    /// An unfinished record at the end.
    private(set) var unfinished: Int?
    /// False if bytes are damaged.
    private(set) var isReadable = true
    private(set) var past: [PastHead]
    private let authority: Certificate?

    /// How many records are decoded while as many others are judged.
    private static let ahead = 8192

    /// - Parameters:
    ///   - authority: of the workers' certificates; `nil` if it is not at hand.
    ///   - past: what the log was at other times.
    init(_ audit: Audit, _ policies: DecisionCheck, authority: Certificate?, past: [PastHead]) {
        self.audit = audit
        self.policies = policies
        self.authority = authority
        self.past = past
    }

    mutating func read(_ reader: inout any RecordSource) async throws {
        var read = try next(of: &reader)
        var (decoded, claims): ([DecodedItem], [SignatureClaim]) = ([], [])
        while !(read.isEmpty && decoded.isEmpty && claims.isEmpty) {
            let (items, unsettled, authority) = (read, claims, authority)
            let isHashed = !past.isEmpty
            async let following = spread(items) {
                DecodedItem($0, authority: authority, isHashed: isHashed)
            }
            async let verdicts = spread(unsettled) { $0.holds }
            for item in decoded { add(item) }
            claims = audit.takeClaims()
            read = try next(of: &reader)
            audit.settle(unsettled, await verdicts)
            decoded = await following
        }
    }

    private func next(of reader: inout any RecordSource) throws(LogFault) -> [LogItem] {
        var items: [LogItem] = []
        while items.count < Self.ahead, let item = try reader.next() { items.append(item) }
        return items
    }

    private mutating func addToPast(_ leaf: Digest?) {
        guard let leaf else { return }
        for place in past.indices { past[place].add(leaf) }
    }

    private mutating func add(_ item: DecodedItem) {
        switch item {
        case .record(let sequence, let record, let leaf, let problem):
            addToPast(leaf)
            audit.add(record, sequence: sequence)
            for problem in [problem, policies.problem(of: record)].compactMap(\.self) {
                findings.append(("record \(sequence)", problem))
            }
        case .unreadable(let place, let fault, let leaf):
            addToPast(leaf)
            findings.append(("record \(place.sequence)", "\(fault)"))
        case .damage(let damage):
            isReadable = false
            let segment = "\(damage.place.segment) at byte \(damage.place.offset)"
            findings.append(("record \(damage.place.sequence)", "\(damage) (\(segment))"))
        case .unfinished(let count): unfinished = count
        }
    }
}

/// What can be said of a record without the others.
private enum DecodedItem: Sendable {
    case record(sequence: Int, Record, leaf: Digest?, problem: String?)
    case unreadable(LogPlace, RecordFault, leaf: Digest?)
    case damage(LogDamage)
    case unfinished(count: Int)

    init(_ item: LogItem, authority: Certificate?, isHashed: Bool) {
        switch item {
        case .record(let place, let bytes):
            let leaf = isHashed ? leafHash(bytes) : nil
            do throws(RecordFault) {
                let (sequence, record) = try decode(bytes)
                let problem = authority.flatMap { signerProblem(record, $0) }
                self = .record(sequence: sequence, record, leaf: leaf, problem: problem)
            } catch {
                self = .unreadable(place, error, leaf: leaf)
            }
        case .damage(let damage): self = .damage(damage)
        case .unfinished(_, let count): self = .unfinished(count: count)
        }
    }
}

/// `body` of each item, on as many processors as there are, in the order of the items.
private func spread<Item: Sendable, Value: Sendable>(
    _ items: [Item], _ body: @escaping @Sendable (Item) -> Value
) async -> [Value] {
    let width = 512
    let pieces = stride(from: 0, to: items.count, by: width).map {
        items[$0..<min($0 + width, items.count)]
    }
    return await withTaskGroup(of: (place: Int, values: [Value]).self) { group in
        for (place, piece) in pieces.enumerated() {
            group.addTask { (place, piece.map(body)) }
        }
        var values = Array(repeating: [Value](), count: pieces.count)
        for await part in group { values[part.place] = part.values }
        return Array(values.joined())
    }
}

/// - Returns: what is wrong with the certificate with which a worker joined, if anything is.
private func signerProblem(_ record: Record, _ authority: Certificate) -> String? {
    guard case .workerJoined(let facts) = record.event, let signing = facts.signing else {
        return nil
    }
    do throws(SignerFault) {
        let checked = try SigningKey(
            certificate: signing.certificate, of: facts.worker, by: authority, now: record.time)
        return checked == signing
            ? nil : "worker \(facts.worker) joined with a key that is not its certificate's"
    } catch { return "worker \(facts.worker) joined with \(error.reason)" }
}

/// Whether a log begins with what it was when an earlier checkpoint was taken of it.
struct PastHead {
    /// What says that the log was so: for findings.
    let witness: String
    let head: TreeHead
    private var frontier = MerkleFrontier()

    init(_ head: TreeHead, by witness: String) {
        self.head = head
        self.witness = witness
    }

    /// - Parameter leaf: the next record's hash.
    mutating func add(_ leaf: Digest) {
        if frontier.size < head.size { frontier.append(leaf) }
    }

    var problem: String? {
        if frontier.size < head.size {
            "the log has \(frontier.size) records that can be read, not the \(head.size) of then"
        } else if frontier.root != head.root {
            "the first \(head.size) records are not those of then: the log was rewritten"
        } else {
            nil
        }
    }
}
