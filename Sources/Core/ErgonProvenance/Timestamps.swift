import ErgonModel

extension Instant {
    /// Whether it lies in the years 0000 to 9999, which RFC 3339 can write.
    package var isWritable: Bool {
        (Self.firstWritable...Self.lastWritable).contains(microseconds)
    }

    private static let firstWritable =
        CivilDate(year: 0, month: 1, day: 1).days * microsecondsPerDay
    private static let lastWritable =
        CivilDate(year: 10_000, month: 1, day: 1).days * microsecondsPerDay - 1

    /// `2012-06-05T04:03:02.000001Z` (RFC 3339), always with six digits after the point.
    /// - Precondition: the instant is writable.
    package var timestamp: String {
        precondition(isWritable, "no timestamp for \(microseconds) µs")
        let (days, rest) = microseconds.flooredDivision(by: Self.microsecondsPerDay)
        let date = CivilDate(days: days)
        let (second, fraction) = rest.quotientAndRemainder(dividingBy: 1_000_000)
        var text: [UInt8] = []
        text.reserveCapacity(27)
        func add(_ number: Int64, _ width: Int, then mark: Unicode.Scalar) {
            text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
            var (rest, place) = (number, text.count)
            while rest > 0 {
                place -= 1
                text[place] += UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            text.append(UInt8(ascii: mark))
        }
        add(date.year, 4, then: "-")
        add(date.month, 2, then: "-")
        add(date.day, 2, then: "T")
        add(second / 3600, 2, then: ":")
        add(second / 60 % 60, 2, then: ":")
        add(second % 60, 2, then: ".")
        add(fraction, 6, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// Exactly what `timestamp` writes, or `nil`.
    package init?(timestamp: String) {
        let text = Array(timestamp.utf8)
        guard text.count == 27 else { return nil }
        func number(_ places: Range<Int>) -> Int64? {
            places.reduce(Int64?(0)) { value, place in
                guard let value, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[place])
                else { return nil }
                return value * 10 + Int64(text[place] - UInt8(ascii: "0"))
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let fraction = number(20..<26), (1...12).contains(month)
        else { return nil }
        let days = CivilDate(year: year, month: month, day: day).days
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000 + fraction)
        guard isWritable, self.timestamp == timestamp else { return nil }
    }
}
