import ErgonMerge
import ErgonModel
import SeededRandom

func pieces(_ texts: [String]) -> [Piece] {
    texts.enumerated().map { Piece(name: "task \($0)", bytes: Array($1.utf8)) }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// All pieces in one merge.
func flat(_ rule: MergeSpec.Rule, _ pieces: [Piece]) throws(MergeFault) -> [UInt8] {
    try merged(rule, pieces, isTop: true)
}

/// The tree that a campaign makes of them.
func tree(
    _ rule: MergeSpec.Rule, _ pieces: [Piece], fanIn: Int
) throws(MergeFault) -> [UInt8] {
    let shape = MergeTree(pieces: pieces.count, fanIn: fanIn)
    var level = pieces
    for number in 1...shape.top {
        var next: [Piece] = []
        for node in 0..<shape.widths[number] {
            let children = Array(level[shape.children(of: node, level: number)])
            let bytes = try merged(rule, children, isTop: number == shape.top)
            next.append(Piece(name: "level \(number), \(node)", bytes: bytes))
        }
        level = next
    }
    return level[0].bytes
}

/// Any tree over neighbours, with chains of single children.
func randomTree(
    _ rule: MergeSpec.Rule, _ pieces: [Piece], isTop: Bool = true,
    using generator: inout SeededGenerator
) throws(MergeFault) -> [UInt8] {
    var children: [Piece] = []
    var rest = pieces[...]
    while !rest.isEmpty {
        let part = Array(rest.prefix(Int.random(in: 1...rest.count, using: &generator)))
        rest = rest.dropFirst(part.count)
        let isLeaf = part.count == 1 && Bool.random(using: &generator)
        if isLeaf || part.count == pieces.count && Bool.random(using: &generator) {
            children += part
        } else {
            let bytes = try randomTree(rule, part, isTop: false, using: &generator)
            children.append(Piece(name: "inner", bytes: bytes))
        }
    }
    return try merged(rule, children, isTop: isTop)
}

/// What every nesting makes of the pieces: one result if all is well.
func results(
    _ rule: MergeSpec.Rule, _ pieces: [Piece], shuffled: Bool, seed: UInt64
) throws(MergeFault) -> Set<String> {
    var generator = SeededGenerator(seed: seed)
    var results: Set<String> = [text(try flat(rule, pieces))]
    for fanIn in [2, 3, 10] { results.insert(text(try tree(rule, pieces, fanIn: fanIn))) }
    for _ in 0..<6 {
        let order = shuffled ? pieces.shuffled(using: &generator) : pieces
        results.insert(text(try randomTree(rule, order, using: &generator)))
        results.insert(text(try tree(rule, order, fanIn: 2)))
    }
    return results
}

/// The fault of merging the texts at once, as a terminal shows it.
func fault(_ rule: MergeSpec.Rule, _ texts: [String]) -> String? {
    do {
        _ = try flat(rule, pieces(texts))
        return nil
    } catch {
        return "\(error.place): \(error.problem)"
    }
}
