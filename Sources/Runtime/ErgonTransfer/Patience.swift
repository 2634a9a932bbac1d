/// How often a transfer is tried, and how long to wait between tries: any moment up to a ceiling
/// that doubles each time, so that a thousand workers cut off together do not return together.
package struct Patience: Hashable, Sendable {
    /// At least 1; the first try counts.
    package var tries: Int
    /// The longest wait after the first failure.
    package var first: Duration
    /// The longest wait after any.
    package var longest: Duration

    package init(
        tries: Int = 6, first: Duration = .milliseconds(250), longest: Duration = .seconds(15)
    ) {
        self.tries = tries
        self.first = first
        self.longest = longest
    }

    /// - Parameters:
    ///   - failures: how many tries have failed, at least 1.
    ///   - luck: from 0 to 1.
    func pause(after failures: Int, luck: Double) -> Duration {
        let ceiling = min(longest, first * (1 << min(failures - 1, 30)))
        return ceiling * luck
    }
}
