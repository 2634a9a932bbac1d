import ErgonModel

extension Instant {
    /// Whether it lies in the years 0000 to 9999, which RFC 3339 can write.
    package var isWritable: Bool {
        (Self.firstWritable...Self.lastWritable).contains(microseconds)
    }

    private static let firstWritable = days(year: 0, month: 1, day: 1) * microsecondsPerDay
    private static let lastWritable = days(year: 10_000, month: 1, day: 1) * microsecondsPerDay - 1

    /// `2012-06-05T04:03:02.000001Z` (RFC 3339), always with six digits after the point.
    /// - Precondition: the instant is writable.
    package var timestamp: String {
        precondition(isWritable, "no timestamp for \(microseconds) µs")
        let (days, rest) = microseconds.flooredDivision(by: microsecondsPerDay)
        let date = civilDate(days: days)
        let (second, fraction) = rest.quotientAndRemainder(dividingBy: 1_000_000)
        var text: [UInt8] = []
        text.reserveCapacity(27)
        func add(_ number: Int64, _ width: Int, then mark: Unicode.Scalar) {
            var unit = (1..<width).reduce(Int64(1)) { unit, _ in unit * 10 }
            while unit > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
                unit /= 10
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
        let seconds =
            days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000 + fraction)
        guard isWritable, self.timestamp == timestamp else { return nil }
    }
}

private let microsecondsPerDay: Int64 = 86_400_000_000

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar. A year counted from March
/// ends with the leap day, and every 400 years have 146,097 days.
private func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let (era, yearOfEra) = (month > 2 ? year : year - 1).flooredDivision(by: 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
}

/// The inverse of `days(year:month:day:)`.
private func civilDate(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
    let yearOfEra =
        (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

extension Int64 {
    /// The remainder is never negative.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
