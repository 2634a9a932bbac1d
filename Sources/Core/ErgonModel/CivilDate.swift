/// A date of the proleptic Gregorian calendar.
package struct CivilDate: Hashable, Sendable {
    package var year: Int64
    /// From 1.
    package var month: Int64
    package var day: Int64

    package init(year: Int64, month: Int64, day: Int64) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Counted from 1970-01-01. A year counted from March ends with the leap day, and every 400
    /// years have 146,097 days.
    package var days: Int64 {
        let (era, yearOfEra) = (month > 2 ? year : year - 1).flooredDivision(by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The inverse of `days`.
    package init(days: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}

extension Int64 {
    /// The remainder is never negative.
    package func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Instant {
    package static let microsecondsPerDay: Int64 = 86_400_000_000

    /// What services and people write: `2020-06-01`, `2020-06-01T12:30Z`, `2020-06-01 12:30:00.5`,
    /// `2020-06-01T12:30+02:00` (ISO 8601-1 §5.4). Without a zone it is UTC.
    package init?(iso8601 text: some StringProtocol) {
        var rest = Substring(text)
        guard let year = rest.number(4), rest.take("-"), let month = rest.number(2),
            rest.take("-"), let day = rest.number(2)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard (1...12).contains(month), CivilDate(days: date.days) == date else { return nil }
        var microseconds = date.days * Self.microsecondsPerDay
        if rest.take("T") || rest.take(" ") {
            guard let time = rest.timeOfDay(), let zone = rest.zone() else { return nil }
            microseconds += time - zone
        }
        guard rest.isEmpty else { return nil }
        self.init(microseconds: microseconds)
    }

    /// `2020-06-01 12:30`, UTC, cut to the minute.
    package var minuteText: String {
        let (days, rest) = microseconds.flooredDivision(by: Self.microsecondsPerDay)
        let date = CivilDate(days: days)
        let minutes = rest / 60_000_000
        return "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day)) "
            + "\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))"
    }

    /// From 0 for Monday; 1970-01-01 was a Thursday.
    package var weekday: Int {
        let day = microseconds.flooredDivision(by: Self.microsecondsPerDay).quotient
        return Int((day + 3).flooredDivision(by: 7).remainder)
    }

    /// Since midnight, UTC.
    package var timeOfDay: Microseconds {
        Microseconds(microseconds.flooredDivision(by: Self.microsecondsPerDay).remainder)
    }
}

private func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }

extension Substring {
    fileprivate mutating func take(_ mark: Character) -> Bool {
        guard first == mark else { return false }
        removeFirst()
        return true
    }

    /// Exactly so many digits.
    fileprivate mutating func number(_ digits: Int) -> Int64? {
        let text = prefix(digits)
        guard text.utf8.count == digits,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        removeFirst(digits)
        return Int64(text)
    }

    /// `HH:MM`, `HH:MM:SS` or with a fraction, in microseconds; what is finer is cut off.
    fileprivate mutating func timeOfDay() -> Int64? {
        guard let hour = number(2), take(":"), let minute = number(2), hour < 24, minute < 60
        else { return nil }
        var time = (hour * 60 + minute) * 60_000_000
        guard take(":") else { return time }
        guard let second = number(2), second <= 60 else { return nil }
        time += second * 1_000_000
        guard take(".") else { return time }
        var unit: Int64 = 100_000
        guard first?.isNumber == true else { return nil }
        while let digit = number(1) {
            time += digit * unit
            unit /= 10
        }
        return time
    }

    /// What a local time is ahead of UTC.
    fileprivate mutating func zone() -> Int64? {
        if isEmpty || take("Z") { return 0 }
        let sign: Int64 = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hour = number(2) else { return nil }
        _ = take(":")
        let minute = isEmpty ? 0 : number(2)
        guard let minute, hour <= 18, minute < 60 else { return nil }
        return sign * (hour * 60 + minute) * 60_000_000
    }
}
