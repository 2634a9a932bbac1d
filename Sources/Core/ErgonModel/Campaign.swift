/// One manifest with every file known by digest: what is accepted, run, recorded and replayed.
package struct Campaign: Hashable, Sendable {
    package var name: String
    package var owner: String?
    package var description: String?
    /// The base of all seeds, below 2^53.
    package var seed: Int64
    /// In ascending order of their names.
    package var inputs: [InputSpec]
    /// The programs, staged together in one folder; in ascending order of their names.
    package var code: [InputFile]
    package var environment: EnvironmentSpec
    /// Every step stands after those it reads from; otherwise in ascending order of their names.
    package var steps: [StepSpec]
    package var goals: Goals
    package var governance: Governance

    package init(
        name: String, owner: String?, description: String?, seed: Int64, inputs: [InputSpec],
        code: [InputFile], environment: EnvironmentSpec, steps: [StepSpec], goals: Goals = Goals(),
        governance: Governance = Governance()
    ) {
        self.name = name
        self.owner = owner
        self.description = description
        self.seed = seed
        self.inputs = inputs
        self.code = code
        self.environment = environment
        self.steps = steps
        self.governance = governance
        self.goals = goals
    }

    package func input(named name: String) -> InputSpec? { inputs.first { $0.name == name } }
    package func stepIndex(named name: String) -> Int? { steps.firstIndex { $0.name == name } }

    /// What one task of the stage needs: a merge one thread, and otherwise what its step asks for.
    package func resources(of stage: Stage) -> Resources {
        var needs = steps[stage.step].resources
        if case .merge = stage.part { needs.cpus = 1 }
        return needs
    }

    /// Every file the campaign names: inputs, code, the requirements and cards, in that order.
    package var files: [InputFile] {
        inputs.flatMap(\.files) + code + (environment.python.map { [$0] } ?? [])
            + governance.models.compactMap(\.card)
    }
}

/// A file by what it contains. The name is for people and for programs that look at suffixes.
package struct InputFile: Hashable, Sendable {
    /// Without a folder.
    package var name: String
    package var digest: Digest
    package var size: ByteCount
    /// Events (rows, lines) in it, where they are known.
    package var events: Int?

    package init(name: String, digest: Digest, size: ByteCount, events: Int?) {
        self.name = name
        self.digest = digest
        self.size = size
        self.events = events
    }
}

package struct InputSpec: Hashable, Sendable {
    package enum Format: String, Hashable, Sendable, CaseIterable { case csv, lines, opaque }

    package var name: String
    /// In ascending order of their names; at least one.
    package var files: [InputFile]
    package var format: Format
    /// Where the file came from, if the manifest named it so.
    package var url: String?
    /// SPDX expression, as written.
    package var licence: String?
    package var stewardship: Stewardship

    package init(
        name: String, files: [InputFile], format: Format, url: String?, licence: String?,
        stewardship: Stewardship = Stewardship()
    ) {
        self.name = name
        self.files = files
        self.format = format
        self.url = url
        self.licence = licence
        self.stewardship = stewardship
    }
}

package struct EnvironmentSpec: Hashable, Sendable {
    /// A requirements file whose `name==version` pins the worker's `python3` must satisfy.
    package var python: InputFile?
    package var variables: [String: String]

    package init(python: InputFile?, variables: [String: String]) {
        self.python = python
        self.variables = variables
    }
}

/// Where a step's data come from.
package enum Source: Hashable, Sendable {
    /// The campaign's input of that name.
    case input(String)
    /// An output of an earlier step.
    case output(step: String, output: String)

    /// As it stands in a manifest.
    package var text: String {
        switch self {
        case .input(let name): name
        case .output(let step, let output): "\(step).\(output)"
        }
    }
}

package struct StepSpec: Hashable, Sendable {
    package var name: String
    package var over: Source?
    package var split: Split
    /// The parameter grid, in the order of the names; the last name varies fastest.
    package var points: [PointAxis]
    /// Further inputs of every task, in ascending order of their names.
    package var with: [NamedSource]
    package var run: [Template]
    /// `run` starts a program that takes task after task (`docs/WARM.md`), and not one for each.
    package var isWarm: Bool
    /// How alike two runs of a task are; `nil` where its author does not say.
    package var determinism: Determinism?
    /// In ascending order of their names.
    package var outputs: [OutputSpec]
    package var resources: Resources
    package var retry: RetrySpec
    package var variables: [String: String]
    /// Models that its program runs, by their names in the campaign; ascending.
    package var models: [String]

    package init(
        name: String, over: Source?, split: Split, points: [PointAxis], with: [NamedSource],
        run: [Template], outputs: [OutputSpec], resources: Resources, retry: RetrySpec,
        variables: [String: String], isWarm: Bool = false,
        determinism: Determinism? = nil, models: [String] = []
    ) {
        self.name = name
        self.models = models
        self.isWarm = isWarm
        self.determinism = determinism
        self.over = over
        self.split = split
        self.points = points
        self.with = with
        self.run = run
        self.outputs = outputs
        self.resources = resources
        self.retry = retry
        self.variables = variables
    }

    /// Whatever its inputs are, the step is one task: its outputs are published without a merge.
    package var isSingleTask: Bool { (split == .single || split == .all) && points.isEmpty }
}

package struct PointAxis: Hashable, Sendable {
    package var name: String
    /// As they stand in the command; at least one.
    package var values: [String]

    package init(name: String, values: [String]) {
        self.name = name
        self.values = values
    }
}

package struct NamedSource: Hashable, Sendable {
    package var name: String
    package var source: Source

    package init(name: String, source: Source) {
        self.name = name
        self.source = source
    }
}

/// How a step is cut into tasks (`docs/MANIFEST.md`, "Splits"). Every count is at least 1.
package enum Split: Hashable, Sendable {
    case single
    case all
    case files(Int)
    /// Consecutive events of one file, `perTask` at a time; only those in `range` of each file, if
    /// given.
    case events(perTask: Int, range: Range<Int>?)
    case lines(Int)
    case outputs(Int)
    case seeds(total: Int, perTask: Int, eventsPerSeed: Int)
}

package struct OutputSpec: Hashable, Sendable {
    package var name: String
    /// What the program calls it in its working folder.
    package var file: String
    package var merge: MergeSpec?

    package init(name: String, file: String, merge: MergeSpec?) {
        self.name = name
        self.file = file
        self.merge = merge
    }
}

package struct MergeSpec: Hashable, Sendable {
    package enum Rule: Hashable, Sendable {
        case lines
        case csv
        /// `equal` names keys whose integers are settings.
        case counts(equal: [String])
        case histogram
        case run([Template])
    }
    package enum Missing: String, Hashable, Sendable, CaseIterable { case partial, error }

    package var rule: Rule
    /// How many neighbours one merge takes, from 2 to 256.
    package var fanIn: Int
    package var missing: Missing

    package init(rule: Rule, fanIn: Int, missing: Missing) {
        self.rule = rule
        self.fanIn = fanIn
        self.missing = missing
    }
}

/// What one task needs while it runs.
package struct Resources: Hashable, Sendable {
    package var cpus: Int
    package var memory: ByteCount
    /// What the user expects a task to take.
    package var time: Microseconds?
    /// After this it is stopped.
    package var limit: Microseconds
    /// So long before its limit it is asked to end by itself; zero for no warning.
    package var cleanup: Microseconds

    package init(
        cpus: Int, memory: ByteCount, time: Microseconds?, limit: Microseconds,
        cleanup: Microseconds = .zero
    ) {
        self.cpus = cpus
        self.memory = memory
        self.time = time
        self.limit = limit
        self.cleanup = cleanup
    }
}
