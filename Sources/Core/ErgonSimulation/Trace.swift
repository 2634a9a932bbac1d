import ErgonModel

/// Everything that happened in a world: always as a hash, as text if somebody wants to read it.
struct Trace {
    private(set) var hash: UInt64 = 0
    private(set) var lines: [String] = []
    let isKept: Bool

    init(isKept: Bool) { self.isKept = isKept }

    /// - Parameter words: everything that tells this happening from others.
    mutating func note(
        _ time: Int64, _ what: StaticString, _ words: [Int] = [],
        text: @autoclosure () -> String = ""
    ) {
        hash = mixed(hash ^ UInt64(bitPattern: time))
        what.withUTF8Buffer { name in
            for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
        for word in words { hash = mixed(hash ^ UInt64(bitPattern: Int64(word))) }
        guard isKept else { return }
        let numbers = words.map { " \($0)" }.joined()
        let seconds = String(time / 1_000_000)
        let fraction = String(time % 1_000_000 + 1_000_000).dropFirst()
        lines.append("\(seconds).\(fraction) \(what)\(numbers) \(text())")
    }
}
