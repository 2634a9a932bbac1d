import ErgonModel
import ErgonPolicy

/// A digest for tests, different for different words of up to 32 bytes.
func digest(_ word: String) -> Digest {
    let bytes = Array(word.utf8) + Array(repeating: 0, count: 32 - word.utf8.count)
    guard let digest = Digest(bytes: bytes) else { fatalError("32 bytes are a digest") }
    return digest
}

/// All gates on, and strict enough that each can be failed.
func policy(_ mode: GateMode) -> SitePolicy {
    var rules = GateRules()
    rules.purposes = ["research"]
    rules.risks = [.minimal]
    rules.licences = ["CC0-1.0", "MIT"]
    rules.regions = ["EU": ["DE", "FR"]]
    rules.retention = [.minimal: .seconds(30 * 86_400)]
    let modes = Dictionary(Gate.allCases.map { ($0, mode) }) { $1 }
    return SitePolicy(name: "strict", description: nil, modes: modes, rules: rules)
}

/// It passes all of them.
func soundCase() -> PolicyCase {
    var governance = Governance()
    governance.purpose = Purpose(code: "research", text: "Measure how well jets are tagged.")
    governance.risk = .minimal
    governance.models = [
        ModelSpec(
            name: "tagger", source: .input("model"), card: file("card.md"), licence: "MIT")
    ]
    governance.personalData = PersonalData.none
    governance.retention = .seconds(30 * 86_400)
    let step = StepSpec(
        name: "tag", over: .input("jets"), split: .files(1), points: [],
        with: [NamedSource(name: "model", source: .input("model"))],
        run: ["python3", "{code}/tag.py", "{seed}"].compactMap { try? Template(parsing: $0) },
        outputs: [],
        resources: Resources(
            cpus: 1, memory: ByteCount(1 << 30), time: nil, limit: .seconds(60)),
        retry: RetrySpec(), variables: [:], models: ["tagger"])
    var campaign = Campaign(
        name: "tagging", owner: nil, description: nil, seed: 7,
        inputs: [input("jets"), input("model")], code: [file("tag.py")],
        environment: EnvironmentSpec(python: file("requirements.txt"), variables: [:]),
        steps: [step], governance: governance)
    campaign.steps[0].determinism = .bitwise
    campaign.goals.budget = SpendingLimit(energy: Joules(microjoules: 1))
    let card = ModelCard(fields: Set(ModelCard.Field.allCases), model: digest("model"))
    return PolicyCase(campaign: campaign, cards: ["tagger": card])
}

private func input(_ name: String) -> InputSpec {
    var stewardship = Stewardship()
    stewardship.classification = .public
    stewardship.residency = ["CH", "FR"]
    stewardship.owner = "the collaboration"
    return InputSpec(
        name: name, files: [file(name)], format: .opaque, url: nil, licence: "CC0-1.0",
        stewardship: stewardship)
}

private func file(_ name: String) -> InputFile {
    InputFile(name: name, digest: digest(name), size: ByteCount(1), events: nil)
}
