import ErgonModel

extension Reading {
    mutating func retry(_ value: Value, _ retry: inout RetrySpec) {
        let keys = [
            "attempts", "backoff", "give-up-on", "after-time-limit", "grow-memory", "lost-workers",
        ]
        guard let section = section(value, "`retry`", keys: keys) else { return }
        if let value = section["attempts"] {
            retry.attempts = integer(value, "`attempts`", in: 1...20) ?? retry.attempts
        }
        if let value = section["backoff"] {
            retry.backoff = duration(value, "`backoff`", .backoff) ?? retry.backoff
        }
        if let value = section["give-up-on"] { retry.finalExits = exitCodes(value, "`give-up-on`") }
        if let value = section["after-time-limit"] {
            retry.afterTimeLimit = flag(value, "`after-time-limit`") ?? retry.afterTimeLimit
        }
        if let value = section["grow-memory"] {
            retry.memoryPercent = factor(value, "`grow-memory`", upTo: 10) ?? retry.memoryPercent
        }
        if let value = section["lost-workers"] {
            retry.lostWorkers = integer(value, "`lost-workers`", in: 1...20) ?? retry.lostWorkers
        }
    }

    /// In ascending order; 0 is no failure.
    private mutating func exitCodes(_ value: Value, _ what: String) -> [Int] {
        var codes: Set<Int> = []
        for value in list(value, what, "write `[CODE, …]`") ?? [] {
            guard let code = integer(value, what, in: 1...255) else { continue }
            if !codes.insert(code).inserted {
                report(value.place, "\(what) names \(code) twice", "keep one of them")
            }
        }
        return codes.sorted()
    }

    /// A number from 1 to `limit` with at most two decimals, in percent.
    private mutating func factor(_ value: Value, _ what: String, upTo limit: Int) -> Int? {
        let span = "a number from 1 to \(limit)"
        guard let scalar = value.scalar, scalar.kind == .number || scalar.kind.isInteger else {
            let bare = value.scalar.map { Scalar(text: $0.text, isPlain: true).kind }
            let isQuoted = bare == .number || bare?.isInteger == true
            expected(span, value, what, isQuoted ? "take the quotes away" : "such as `1.5`")
            return nil
        }
        if let percent = percent(scalar) {
            if (100...100 * limit).contains(percent) { return percent }
        } else if let number = Double(scalar.text), number >= 1, number <= Double(limit) {
            report(
                value.place,
                "\(what): \(quoted(scalar.text)) is not a number with at most two decimals",
                "write it as `1.5` or `1.25`")
            return nil
        }
        report(value.place, "\(what): \(quoted(scalar.text)) is out of range", span)
        return nil
    }

    /// `DIGITS` or `DIGITS.DIGITS` with one or two decimals; `nil` for every other number.
    private func percent(_ scalar: Scalar) -> Int? {
        if case .integer(let integer) = scalar.kind {
            let (percent, isTooMuch) = (integer ?? .max).multipliedReportingOverflow(by: 100)
            return isTooMuch ? nil : Int(percent)
        }
        let parts = scalar.text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[1].utf8.count),
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) })
        else { return nil }
        return Int(parts[0] + parts[1] + (parts[1].utf8.count == 1 ? "0" : ""))
    }
}
