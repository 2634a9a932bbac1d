package import ErgonModel

/// The seal as it goes on record: itself if its record is at most `recordLimit` bytes, else with
/// less detail, in a way that shows and never claims more than is there (`docs/LOG.md`, "Long
/// seals"): the gaps of every entry are joined from the 256th, 64th, 16th, 4th or 1st on; where
/// that is not enough, first the sources of each step are numbered through as one, then those of
/// all steps.
/// - Precondition: at most 100 outputs, and names as `fitted(_:)` has them.
package func condensed(_ seal: SealedCampaign) -> SealedCampaign {
    var seal = seal
    if fits(.campaignSealed(seal)) { return seal }
    for entry in seal.coverage.indices {
        seal.coverage[entry].source = shortened(seal.coverage[entry].source)
        for gap in seal.coverage[entry].gaps.indices {
            let reason = seal.coverage[entry].gaps[gap].reason
            seal.coverage[entry].gaps[gap].reason = shortened(reason, to: reasonLimit)
        }
    }
    let bySource = seal.coverage
    let byStep = bySource.chunked(by: \.step).map { numberedThrough($0, step: $0[0].step) }
    let together = byStep.isEmpty ? [] : [numberedThrough(byStep, step: "all steps")]
    for coverage in [bySource, byStep, together] {
        for limit in [256, 64, 16, 4, 1] {
            seal.coverage = coverage.map { joined($0, after: limit) }
            let candidate = withMissing(seal, after: limit)
            if fits(.campaignSealed(candidate)) { return candidate }
        }
    }
    preconditionFailure("\(seal.outputs.count) outputs are too many for a seal")
}

/// The longest reason of a gap in a condensed seal, in bytes.
private let reasonLimit = 160

private func withMissing(_ seal: SealedCampaign, after limit: Int) -> SealedCampaign {
    var seal = seal
    for place in seal.outputs.indices {
        let ranges = seal.outputs[place].missing.ranges
        guard ranges.count > limit, let last = ranges.last else { continue }
        seal.outputs[place].missing.insert(ranges[limit - 1].lowerBound..<last.upperBound)
    }
    return seal
}

/// The entry with at most `limit` gaps: the last one stands for all the others, from the first of
/// them to the end of the last, and nothing in it counts as covered.
private func joined(_ coverage: Coverage, after limit: Int) -> Coverage {
    guard coverage.gaps.count > limit else { return coverage }
    var coverage = coverage
    let rest = coverage.gaps[(limit - 1)...]
    let missing = rest.reduce(0) { $0 + $1.range.count }
    guard let first = rest.first, let end = rest.map(\.range.upperBound).max() else {
        return coverage
    }
    coverage.gaps.removeSubrange((limit - 1)...)
    let span = first.range.lowerBound..<end
    coverage.covered.remove(span)
    let reason = shortened(first.reason, to: reasonLimit)
    coverage.gaps.append(
        Coverage.Gap(
            range: span,
            reason: "\(reason) … and \(rest.count - 1) more gaps; \(missing) missing in all"))
    return coverage
}

/// Several entries as one: the numbers of each follow those of the one before it, from 0.
/// What would come after `largestCount` is left without numbers, and so never counts as covered.
private func numberedThrough(_ entries: [Coverage], step: String) -> Coverage {
    guard entries.count > 1 else { return entries[0] }
    let units = Set(entries.map(\.unit)).sorted().joined(separator: "+")
    var whole = Coverage(
        step: step, source: "\(entries.count) sources", unit: units, declared: 0..<0,
        covered: IntervalSet(), gaps: [])
    for entry in entries {
        let shift = whole.declared.upperBound - entry.declared.lowerBound
        for range in entry.covered.ranges { whole.covered.insert(range.shifted(by: shift)) }
        whole.gaps += entry.gaps.map {
            Coverage.Gap(
                range: $0.range.shifted(by: shift), reason: "\(entry.source): \($0.reason)")
        }
        let end = whole.declared.upperBound + entry.declared.count
        whole.declared = 0..<min(end, largestCount)
    }
    return whole
}

extension Range<Int> {
    fileprivate func shifted(by distance: Int) -> Range {
        let end = Swift.min(upperBound + distance, largestCount)
        return Swift.min(lowerBound + distance, end)..<end
    }
}

extension Array {
    /// Runs of neighbours that have the same key.
    fileprivate func chunked(by key: (Element) -> some Equatable) -> [[Element]] {
        reduce(into: [[Element]]()) { chunks, element in
            if let last = chunks.last?.last, key(last) == key(element) {
                chunks[chunks.count - 1].append(element)
            } else {
                chunks.append([element])
            }
        }
    }
}
