/// How long to wait between tries without end: the ceiling doubles from one to the next, and the
/// wait is drawn from its upper half, so that those who failed together do not come back together.
struct Waits {
    private let first: Duration
    private let longest: Duration
    private var ceiling: Duration

    init(first: Duration, longest: Duration) {
        self.first = first
        self.longest = longest
        ceiling = first
    }

    var isFirst: Bool { ceiling == first }

    mutating func next() -> Duration {
        defer { ceiling = min(ceiling * 2, longest) }
        return ceiling * Double.random(in: 0.5...1)
    }

    mutating func startOver() { ceiling = first }
}
