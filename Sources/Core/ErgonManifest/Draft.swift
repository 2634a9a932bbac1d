import ErgonModel

/// Something and where it stands.
struct Located<Content: Sendable>: Sendable {
    var content: Content
    var place: Place
}

/// What became of a key that may be left out.
enum Asked<Content: Sendable>: Sendable {
    case absent
    /// It is there, and what is wrong with it was reported.
    case unreadable
    case given(Located<Content>)

    var given: Located<Content>? { if case .given(let value) = self { value } else { nil } }
    var isUnreadable: Bool { if case .unreadable = self { true } else { false } }
}

/// Files as the manifest names them.
enum FileSource: Sendable {
    case known(InputFile)
    case lookup(FileLookup)
}

struct CampaignDraft: Sendable {
    var name = ""
    var owner: String?
    var description: String?
    var seed: Int64 = 0
    var inputs: [InputDraft] = []
    var code: [Located<FileSource>] = []
    var hasCode = false
    var python: Located<FileSource>?
    var variables: [String: String] = [:]
    var steps: [StepDraft] = []
    var governance = GovernanceDraft()
    var goals = Goals()
}

struct InputDraft: Sendable {
    enum Events: Sendable {
        case each(Int)
        /// In the order of the sorted names.
        case list([Int])
    }

    var name: String
    var place: Place
    var files: [Located<FileSource>] = []
    var format: InputSpec.Format?
    var url: String?
    var licence: String?
    var stewardship = Stewardship()
    var events: Located<Events>?
}

struct StepDraft: Sendable {
    /// A source that could not be read is `nil`: its name is known all the same.
    struct With: Sendable {
        var name: String
        var source: Located<Source>?
    }
    struct Output: Sendable {
        var name: String
        var file: Located<String>?
        var merge: Asked<MergeSpec>
        var isMerged: Bool { if case .absent = merge { false } else { true } }
    }

    var name: String
    var place: Place
    var over: Asked<Source> = .absent
    var split: Asked<Split> = .absent
    var range: Asked<Range<Int>> = .absent
    /// Axes whose values could not be read have none.
    var points: [PointAxis] = []
    var with: [With] = []
    var run: [Located<Template>] = []
    var isWarm = false
    var models: [Located<String>] = []
    var outputs: [Output] = []
    var resources = Resources(
        cpus: 1, memory: ByteCount(1 << 30), time: nil, limit: .seconds(24 * 60 * 60))
    var retry = RetrySpec()
    var determinism: Determinism?
    var variables: [String: String] = [:]

    /// What it waits for and reads: `over` first.
    var sources: [Located<Source>] { (over.given.map { [$0] } ?? []) + with.compactMap(\.source) }
}

/// A step that is sound in itself and beside its neighbours, with the places that a later look at
/// the files may have to point at.
struct CheckedStep: Sendable {
    var spec: StepSpec
    var place: Place
    var splitPlace: Place
    var rangePlace: Place
    /// One for each argument.
    var runPlaces: [Place]
}
