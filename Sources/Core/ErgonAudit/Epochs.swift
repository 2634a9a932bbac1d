/// The coordinator's starts, as far as they are on record.
struct Epochs {
    private(set) var last = 0
    /// How many more there may have been since the last one, among records that were given up.
    private var lost = 0
    /// No lease can be of a later one.
    private var latest = 1

    /// - Returns: what is wrong with it.
    mutating func start(_ epoch: Int) -> String? {
        let previous = last
        let isDue = (last + 1...last + 1 + lost).contains(epoch)
        last = max(epoch, last)
        latest = max(last, latest)
        lost = 0
        return isDue ? nil : "epoch \(epoch) follows epoch \(previous)"
    }

    /// Each of these records may have been a start.
    mutating func giveUp(records: Int) {
        lost += records
        latest = max(last + lost, latest)
    }

    func mayHaveBegun(_ epoch: Int) -> Bool { (1...latest).contains(epoch) }
}
