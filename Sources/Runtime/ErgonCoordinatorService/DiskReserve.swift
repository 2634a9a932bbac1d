import ErgonStorage

/// Watches that the disk keeps room for what is under way: before the last of it is gone nothing
/// more is started and nothing new is taken.
struct DiskReserve {
    enum Change: Equatable {
        case low(String)
        case over
    }

    /// What is said when there is no room at all.
    static let fullText =
        "the coordinator's disk is full: nothing is started and nothing taken until there is room"

    /// Of the disk, one part in so many is kept back, and at most `most` bytes.
    private static let part = 20
    private static let most = 256 << 20

    private let folder: String
    private var isLow = false

    init(folder: String) { self.folder = folder }

    /// - Returns: `nil` as long as nothing has changed.
    mutating func change() -> Change? {
        DiskSpace(of: folder).flatMap { change($0) }
    }

    /// It is over when there is twice the reserve, so that it does not come and go.
    mutating func change(_ space: DiskSpace) -> Change? {
        let reserve = min(space.total / Self.part, Self.most)
        if !isLow, space.free < reserve {
            isLow = true
            return .low(
                "the coordinator's disk has \(space.free >> 20) MiB left: nothing is started and "
                    + "nothing taken until there are \(2 * reserve >> 20) MiB")
        }
        if isLow, space.free >= 2 * reserve {
            isLow = false
            return .over
        }
        return nil
    }
}
