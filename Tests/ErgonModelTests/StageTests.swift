import ErgonModel
import Testing

@Suite struct `Merge trees` {
    @Test(arguments: [
        (0, 2, [0]), (1, 2, [1, 1]), (2, 2, [2, 1]), (5, 2, [5, 3, 2, 1]), (16, 16, [16, 1]),
        (17, 16, [17, 2, 1]), (257, 256, [257, 2, 1]),
    ])
    func `have widths by the number of pieces and the fan-in`(
        pieces: Int, fanIn: Int, widths: [Int]
    ) {
        let tree = MergeTree(pieces: pieces, fanIn: fanIn)
        #expect(tree.widths == widths)
        #expect(tree.top == widths.count - 1)
    }

    @Test(arguments: 1...40, [2, 3, 16])
    func `bring every piece to the top exactly once`(pieces: Int, fanIn: Int) {
        let tree = MergeTree(pieces: pieces, fanIn: fanIn)
        for level in 1...tree.top {
            let nodes = 0..<tree.widths[level]
            let children = nodes.flatMap { Array(tree.children(of: $0, level: level)) }
            #expect(children == Array(0..<tree.widths[level - 1]))
            #expect(nodes.allSatisfy { tree.children(of: $0, level: level).count <= fanIn })
            let below = nodes.map { tree.pieces(of: $0, level: level) }
            #expect(below.flatMap { Array($0) } == Array(0..<pieces))
        }
        #expect(tree.pieces(of: 0, level: tree.top) == 0..<pieces)
    }

    @Test func `the pieces of a node are those of its children`() {
        let tree = MergeTree(pieces: 29, fanIn: 3)
        for level in 2...tree.top {
            for node in 0..<tree.widths[level] {
                let children = tree.children(of: node, level: level)
                let below = children.flatMap { Array(tree.pieces(of: $0, level: level - 1)) }
                #expect(Array(tree.pieces(of: node, level: level)) == below)
            }
        }
    }
}

@Suite struct `Stages` {
    private let campaign: Campaign = {
        let outputs = ["hist", "table"].map { OutputSpec(name: $0, file: $0, merge: nil) }
        let steps = ["fit", "reco"].map { name in
            StepSpec(
                name: name, over: nil, split: .single, points: [], with: [], run: [],
                outputs: outputs,
                resources: Resources(
                    cpus: 1, memory: ByteCount(1), time: nil, limit: .seconds(1)),
                retry: RetrySpec(), variables: [:])
        }
        return Campaign(
            name: "c", owner: nil, description: nil, seed: 0, inputs: [], code: [],
            environment: EnvironmentSpec(python: nil, variables: [:]), steps: steps)
    }()

    @Test(arguments: [
        ("fit", Stage(step: 0, part: .work)),
        ("reco", Stage(step: 1, part: .work)),
        ("reco.hist/1", Stage(step: 1, part: .merge(output: 0, level: 1))),
        ("fit.table/12", Stage(step: 0, part: .merge(output: 1, level: 12))),
    ])
    func `have names that lead back to them`(name: String, stage: Stage) {
        #expect(stage.name(in: campaign) == name)
        #expect(Stage(name: name, in: campaign) == stage)
    }

    @Test(arguments: [
        "", "tag", "reco.hist", "reco.hist/0", "reco.hist/-1", "reco.hist/+1", "reco.hist/01",
        "reco.hist/1/1", "reco.x/1", "tag.hist/1", "reco/1", "reco.hist/", "/1",
    ])
    func `no other name means one`(name: String) {
        #expect(Stage(name: name, in: campaign) == nil)
    }

    @Test func `merge what the stage below left, in one thread`() {
        let work = Stage(step: 1, part: .work)
        let first = Stage(step: 1, part: .merge(output: 1, level: 1))
        let second = Stage(step: 1, part: .merge(output: 1, level: 2))
        #expect(work.below == nil && first.below == work && second.below == first)
        var campaign = campaign
        campaign.steps[1].resources.cpus = 8
        campaign.steps[1].resources.memory = ByteCount(9)
        #expect(campaign.resources(of: work) == campaign.steps[1].resources)
        #expect(campaign.resources(of: second).cpus == 1)
        #expect(campaign.resources(of: second).memory == ByteCount(9))
    }

    @Test func `come in the order of steps, work before merges, outputs, levels`() {
        let order = [
            Stage(step: 0, part: .work), Stage(step: 0, part: .merge(output: 0, level: 1)),
            Stage(step: 0, part: .merge(output: 0, level: 2)),
            Stage(step: 0, part: .merge(output: 1, level: 1)), Stage(step: 1, part: .work),
        ]
        #expect(order.reversed().sorted() == order)
    }
}
