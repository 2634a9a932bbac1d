package import ErgonModel

/// Something in the log that cannot be true.
package struct Finding: Hashable, Sendable {
    /// Of the record that shows it.
    package var sequence: Int
    package var problem: String

    package init(sequence: Int, problem: String) {
        self.sequence = sequence
        self.problem = problem
    }
}

/// What an audit came to.
package struct AuditReport: Hashable, Sendable {
    /// One accepted campaign as the log leaves it.
    package struct Summary: Hashable, Sendable {
        package var accepted: AcceptedCampaign
        /// `nil` if it still runs.
        package var ending: SealedCampaign.Ending?
        package var outputs: [PublishedOutput]
        /// Outputs, as `step.output`, that the manifest declares and nobody made.
        package var unmade: [String]
        /// Of all recorded attempts, derived again.
        package var account: Account
        /// What meters told of each stage.
        package var metered: [String: MeteredStage]
        /// Derived again.
        package var coverage: [Coverage]

        /// Everything declared went through every step, and all of it is in every result.
        package var isComplete: Bool {
            coverage.allSatisfy(\.isComplete) && unmade.isEmpty
                && outputs.allSatisfy(\.missing.isEmpty)
        }
    }

    /// The log was damaged once, and what could not be read was cut off. Whoever did it says so;
    /// what the records given up had said is not on record any more.
    package struct Repair: Hashable, Sendable {
        /// Of the record that tells of it.
        package var sequence: Int
        package var time: Instant
        package var givenUp: GivenUp
    }

    package var findings: [Finding]
    /// How many more there are than the first `Findings.limit`.
    package var omittedFindings: Int
    package var records: Int
    package var epochs: Int
    package var workers: [WorkerFacts]
    package var campaigns: [Summary]
    /// What the meters of workers told, where there were any.
    package var meters: [WorkerID: MeterAccount]
    /// The first `Findings.limit` of them. They are no findings.
    package var repairs: [Repair]
    package var signatures: SignatureCounts

    package var isClean: Bool { findings.isEmpty }
    /// By models, of all attempts of all campaigns; at the end of the scale where it does not fit.
    package var energy: Joules {
        let lines = campaigns.map(\.account).flatMap { [$0.succeeded, $0.failed, $0.superseded] }
        let sum = lines.reduce(Int128(0)) { $0 + Int128($1.energy.microjoules) }
        return Joules(microjoules: Int64(clamping: sum))
    }

    /// All that meters told, and what that went to.
    package var metered: MeterAccount { meters.values.reduce(MeterAccount(), +) }
}

/// The findings so far; a log that is wrong everywhere must not fill the memory.
struct Findings {
    static let limit = 1000

    private(set) var all: [Finding] = []
    private(set) var omitted = 0
    /// Of the record that is being judged.
    var sequence = 0

    /// In the order of their records. What a signature has to do with comes later than the rest.
    var inOrder: [Finding] {
        all.enumerated().sorted {
            ($0.element.sequence, $0.offset) < ($1.element.sequence, $1.offset)
        }
        .map(\.element)
    }

    mutating func add(_ problem: String) { add(problem, at: sequence) }

    mutating func add(_ problem: String, at sequence: Int) {
        if all.count < Self.limit {
            all.append(Finding(sequence: sequence, problem: problem))
        } else {
            omitted += 1
        }
    }
}
