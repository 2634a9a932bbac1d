import ErgonModel

/// The sums of histograms, bin by bin. A file holds one histogram, or an object of several by
/// name; all files hold the same ones, with equal axes and metadata. `writer_info` says which
/// library wrote a piece and is left out. The result is dense if any piece is, else sparse if any
/// is.
func addedHistograms(_ pieces: [Piece], isTop: Bool) throws(MergeFault) -> [UInt8] {
    var files: [HistogramFile] = []
    for piece in pieces {
        files.append(try HistogramFile(piece))
        try files[files.count - 1].requireSameNames(as: files[0])
    }
    var members: [String: JSON] = [:]
    for (position, name) in files[0].names.enumerated() {
        let parts = files.map { Part(piece: $0.piece, histogram: $0.histograms[position]) }
        let path = files[0].isSingle ? [] : [name]
        members[name] = try sum(of: parts, path, isTop: isTop).json(isTop: isTop)
    }
    let result = files[0].isSingle ? members[""] ?? .null : .object(members)
    return Array((result.text(numbers: .marked) + "\n").utf8)
}

/// The histograms of one piece.
private struct HistogramFile {
    var piece: String
    /// Whether the one histogram is the whole file; it has the empty name then.
    var isSingle: Bool
    /// In ascending order of their bytes.
    var names: [String]
    var histograms: [Histogram] = []

    init(_ piece: Piece) throws(MergeFault) {
        let json = try parsedJSON(piece)
        self.piece = piece.name
        isSingle = json["uhi_schema"] != nil
        guard let members = isSingle ? ["": json] : json.object else {
            throw JSON.notAHistogram("not an object").fault(in: piece.name)
        }
        names = sortedNames(members.keys)
        for name in names {
            guard let member = members[name] else { continue }
            do {
                histograms.append(try Histogram(parsing: member))
            } catch {
                throw (isSingle ? error : error.inside(name)).fault(in: piece.name)
            }
        }
    }

    func requireSameNames(as first: HistogramFile) throws(MergeFault) {
        do throws(Flaw) {
            guard isSingle == first.isSingle else {
                throw Flaw(
                    problem: isSingle
                        ? "one histogram, but an object of several in \(first.piece)"
                        : "an object of several histograms, but one in \(first.piece)",
                    remedy: "let every task write the same histograms")
            }
            try Addition(settings: [], first: first.piece)
                .agree(first.names, names, on: "histogram")
        } catch {
            throw error.fault(in: piece)
        }
    }
}

private struct Part {
    var piece: String
    var histogram: Histogram
}

/// - Parameter path: where the histogram stands in its file.
private func sum(
    of parts: [Part], _ path: [String], isTop: Bool
) throws(MergeFault) -> Histogram {
    var result = parts[0].histogram
    for part in parts.dropFirst() {
        try requireSameFrame(part, parts[0], path)
        result.bins = result.bins.union(part.histogram.bins)
    }
    result.columns = []
    // Without a bin that has a number there is nothing to write but the type.
    guard result.bins != .none else { return result }
    for (index, name) in result.storage.columns.enumerated() {
        switch result.storage {
        case .int:
            result.columns.append(try counts(of: parts, index, result, path))
        case .double, .weighted:
            let sums = exactSums(of: parts, index, result.bins)
            if isTop { try requireFinite(sums, name, result, parts, path) }
            result.columns.append(sums.column)
        }
    }
    return result
}

private func requireSameFrame(
    _ part: Part, _ first: Part, _ path: [String]
) throws(MergeFault) {
    do {
        _ = try Addition(settings: [], first: first.piece)
            .sum(of: first.histogram.frame, part.histogram.frame, isSetting: true)
    } catch {
        let flaw = Flaw(
            path: error.path, problem: error.problem,
            remedy: "histograms of one output need the same axes, storage and metadata")
        throw flaw.inside(path: path).fault(in: part.piece)
    }
}

private func counts(
    of parts: [Part], _ index: Int, _ result: Histogram, _ path: [String]
) throws(MergeFault) -> Histogram.Column {
    var totals = [Int64](repeating: 0, count: result.bins.count)
    for part in parts {
        guard index < part.histogram.columns.count,
            case .counts(let counts) = part.histogram.columns[index]
        else { continue }
        let places = part.histogram.bins.places(in: result.bins)
        for (place, count) in zip(places, counts) {
            let (sum, isBeyond) = totals[place].addingReportingOverflow(count)
            guard !isBeyond else {
                throw Flaw(
                    problem: "the sum with \(count) is beyond 64 bits",
                    remedy: "use the storage `double`"
                )
                .inside(path: path + ["storage"] + result.path(of: place, in: "values"))
                .fault(in: part.piece)
            }
            totals[place] = sum
        }
    }
    return .counts(totals)
}

/// The sums of one column and the bins in which they are beyond the largest double.
private struct ExactSums {
    var column: Histogram.Column
    var beyond: [Int]
}

private func exactSums(of parts: [Part], _ index: Int, _ bins: Histogram.Bins) -> ExactSums {
    let terms = parts.map { $0.histogram.terms(of: index, in: bins) }
    var (sums, rests, beyond): ([Double], [Int: [Double]], [Int]) = ([], [:], [])
    sums.reserveCapacity(bins.count)
    var sum = ExactSum()
    for place in 0..<bins.count {
        sum.clear()
        for term in terms {
            sum.add(term.values[place])
            for rest in term.rests[place] ?? [] { sum.add(rest) }
        }
        if !sum.rounded().isFinite { beyond.append(place) }
        let split = sum.takeParts()
        sums.append(split.first ?? 0)
        if split.count > 1 { rests[bins.number(at: place)] = Array(split.dropFirst()) }
    }
    return ExactSums(column: .sums(sums, rests: rests), beyond: beyond)
}

private func requireFinite(
    _ sums: ExactSums, _ column: String, _ result: Histogram, _ parts: [Part], _ path: [String]
) throws(MergeFault) {
    guard let place = sums.beyond.first else { return }
    throw Flaw(
        problem: "the sum is beyond the largest double",
        remedy: "fill with smaller weights"
    )
    .inside(path: path + ["storage"] + result.path(of: place, in: column))
    .fault(in: "merge of \(parts[0].piece) to \(parts[parts.count - 1].piece)")
}

extension Flaw {
    fileprivate func inside(path: [String]) -> Flaw {
        path.reversed().reduce(self) { $0.inside($1) }
    }
}

extension Histogram {
    /// One value for each of `wider`, 0 where this histogram has none, and the rests by place.
    fileprivate func terms(
        of index: Int, in wider: Bins
    ) -> (values: [Double], rests: [Int: [Double]]) {
        guard index < columns.count, case .sums(let sums, let rests) = columns[index] else {
            return ([Double](repeating: 0, count: wider.count), [:])
        }
        let placed = rests.map { (wider.position(of: $0) ?? 0, $1) }
        let byPlace = Dictionary(uniqueKeysWithValues: placed)
        guard bins != wider else { return (sums, byPlace) }
        var values = [Double](repeating: 0, count: wider.count)
        for (place, sum) in zip(bins.places(in: wider), sums) { values[place] = sum }
        return (values, byPlace)
    }
}

extension Histogram.Bins {
    fileprivate func number(at place: Int) -> Int {
        if case .listed(let numbers) = self { numbers[place] } else { place }
    }

    /// Where in a column of `wider` each of these bins stands.
    /// - Precondition: `wider` has all of them.
    fileprivate func places(in wider: Histogram.Bins) -> [Int] {
        (0..<count).map { place in
            guard let position = wider.position(of: number(at: place)) else {
                preconditionFailure("bin \(number(at: place)) is not in the union")
            }
            return position
        }
    }
}
