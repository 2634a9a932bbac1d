import ErgonModel

extension SignalReading {
    /// `Publication_MarketDocument` (IEC 62325-451-3): periods with a start, a resolution and
    /// numbered prices for a MWh. A position that is left out repeats the one before (curve type
    /// A03).
    func entsoe(_ bytes: [UInt8]) throws(SignalFault) -> Signal<EnergyPrice> {
        let text = String(decoding: bytes, as: UTF8.self)
        var samples: [Signal<EnergyPrice>.Sample] = []
        for period in elements("Period", of: text[...]) {
            guard let span = elements("timeInterval", of: period).first,
                let start = elements("start", of: span).first.flatMap({ Instant(iso8601: $0) }),
                let end = elements("end", of: span).first.flatMap({ Instant(iso8601: $0) }),
                let step = elements("resolution", of: period).first.flatMap(duration)
            else {
                throw fault(
                    "a period without start, end or resolution",
                    "save the answer to a query for document type A44")
            }
            let count = max(0, (end - start).count / step.count)
            var last: EnergyPrice?
            let known = prices(of: period)
            // A year of minutes at most: a document cannot ask for more.
            for position in 1..<max(1, min(count, 525_600) + 1) {
                last = known[position] ?? last
                guard let last else { continue }
                let begin = start + Microseconds(step.count * (position - 1))
                samples.append(Signal.Sample(start: begin, end: begin + step, value: last))
            }
        }
        guard !samples.isEmpty else {
            throw fault("no prices in it", "is it the answer to a query for document type A44?")
        }
        return Signal(samples)
    }

    private func prices(of period: Substring) -> [Int64: EnergyPrice] {
        var known: [Int64: EnergyPrice] = [:]
        for point in elements("Point", of: period) {
            guard let position = elements("position", of: point).first.flatMap({ Int64($0) }),
                let amount = elements("price.amount", of: point).first.flatMap({ Double($0) }),
                amount.isFinite, abs(amount) < 1e9
            else { continue }
            known[position] = EnergyPrice(
                millionthsPerKilowattHour: Int64((amount * 1000).rounded()))
        }
        return known
    }

    /// `PT15M`, `PT60M`, `PT1H`, `P1D`.
    private func duration(_ text: Substring) -> Microseconds? {
        let units: [(prefix: String, suffix: Character, seconds: Int64)] = [
            ("PT", "M", 60), ("PT", "H", 3600), ("P", "D", 86_400),
        ]
        for unit in units where text.hasPrefix(unit.prefix) && text.last == unit.suffix {
            guard let number = Int64(text.dropFirst(unit.prefix.count).dropLast()),
                (1...10_000).contains(number)
            else { continue }
            return .seconds(number * unit.seconds)
        }
        return nil
    }

    /// What stands between the tags of a name. The documents have no attributes on these, and no
    /// two of a name in one another.
    private func elements(_ name: String, of text: Substring) -> [Substring] {
        let (open, close) = ("<\(name)>", "</\(name)>")
        var found: [Substring] = []
        var rest = text
        while let start = rest.firstRange(of: open) {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: close) else { break }
            found.append(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return found
    }
}
