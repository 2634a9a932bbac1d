/// What of one source is in what a step left: the statement that every event was counted once.
package struct Coverage: Hashable, Sendable {
    package struct Gap: Hashable, Sendable {
        package var range: Range<Int>
        package var reason: String

        package init(range: Range<Int>, reason: String) {
            self.range = range
            self.reason = reason
        }
    }

    package var step: String
    /// `muons/Zmumu.csv`, `seeds of gen`, …; with the point of the grid if there is one.
    package var source: String
    /// What one number of the ranges stands for: events, lines, seeds, files or tasks.
    package var unit: String
    /// The numbers that should be there.
    package var declared: Range<Int>
    /// The numbers that are there, each exactly once.
    package var covered: IntervalSet
    /// The rest, in ascending order.
    package var gaps: [Gap]

    package init(
        step: String, source: String, unit: String, declared: Range<Int>, covered: IntervalSet,
        gaps: [Gap]
    ) {
        self.step = step
        self.source = source
        self.unit = unit
        self.declared = declared
        self.covered = covered
        self.gaps = gaps
    }

    package var isComplete: Bool { gaps.isEmpty && covered.contains(declared) }
}
