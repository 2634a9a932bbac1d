import ErgonModel

extension SignalReading {
    /// `{"zone", "history" | "forecast" | "data": [{"datetime", "carbonIntensity"}]}`, hourly
    /// unless the times say otherwise; an intensity may be `null`.
    func electricityMaps(_ answer: JSON) throws(SignalFault) -> Signal<CarbonIntensity> {
        try require(.average)
        let key = ["history", "forecast", "data"].first { answer[$0] != nil } ?? "history"
        var starts: [(start: Instant, value: CarbonIntensity)] = []
        for entry in try list(answer[key], key) {
            guard let value = intensity(entry["carbonIntensity"]?.double) else { continue }
            starts.append((try instant(entry["datetime"]), value))
        }
        return Signal(starts: starts)
    }

    /// `{"data": [{"point_time", "value"}], "meta": {"signal_type", "units"}}`: pounds for a MWh.
    func wattTime(_ answer: JSON) throws(SignalFault) -> Signal<CarbonIntensity> {
        let units = answer["meta"]?["units"]?.string ?? "lbs_co2_per_mwh"
        guard units == "lbs_co2_per_mwh" else {
            throw fault("its unit is `\(units)`", "only `lbs_co2_per_mwh` is known")
        }
        switch answer["meta"]?["signal_type"]?.string ?? "co2_moer" {
        case "co2_moer": try require(.marginal)
        case "co2_aoer": try require(.average)
        case let other: throw fault("it has the signal `\(other)`", "ask for `co2_moer`")
        }
        let period = answer["meta"]?["data_point_period_seconds"]?.integer
        var starts: [(start: Instant, value: CarbonIntensity)] = []
        for entry in try list(answer["data"], "data") {
            let pounds = entry["value"]?.double
            // A pound has 453.592 g, a MWh 1000 kWh.
            guard let value = intensity(pounds.map { $0 * 0.453592 }) else { continue }
            starts.append((try instant(entry["point_time"]), value))
        }
        guard let period, period > 0 else { return Signal(starts: starts) }
        return Signal(
            starts.map { Signal.Sample(start: $0, end: $0 + .seconds(period), value: $1) })
    }

    /// `{"data": [{"from", "to", "intensity": {"forecast", "actual"}}]}`: what was counts before
    /// what was thought. Regional answers have one more `data` around it.
    func carbonIntensityGB(_ answer: JSON) throws(SignalFault) -> Signal<CarbonIntensity> {
        try require(.average)
        let outer = answer["data"]
        var samples: [Signal<CarbonIntensity>.Sample] = []
        for entry in try list(outer?.array == nil ? outer?["data"] : outer, "data") {
            let known = entry["intensity"]
            guard
                let value = intensity(known?["actual"]?.double)
                    ?? intensity(known?["forecast"]?.double)
            else { continue }
            samples.append(
                Signal.Sample(
                    start: try instant(entry["from"]), end: try instant(entry["to"]), value: value))
        }
        return Signal(samples)
    }

    /// A list of `{"location", "time", "rating", "duration"}`, or of forecasts with
    /// `forecastData: [{"timestamp", "duration", "value"}]`. The command line writes the names
    /// with a capital.
    func carbonAwareSDK(_ answer: JSON) throws(SignalFault) -> Signal<CarbonIntensity> {
        try require(.average)
        var samples: [Signal<CarbonIntensity>.Sample] = []
        for entry in try list(answer.array == nil ? .array([answer]) : answer, "emissions") {
            if let forecast = entry.member("forecastData") {
                for point in try list(forecast, "forecastData") {
                    let minutes = point.member("duration")?.double ?? 60
                    try add(point, "timestamp", "value", minutes: minutes, to: &samples)
                }
            } else {
                let minutes = minutes(entry.member("duration")?.string) ?? 60
                try add(entry, "time", "rating", minutes: minutes, to: &samples)
            }
        }
        return Signal(samples)
    }

    private func add(
        _ entry: JSON, _ time: String, _ rating: String, minutes: Double,
        to samples: inout [Signal<CarbonIntensity>.Sample]
    ) throws(SignalFault) {
        guard let value = intensity(entry.member(rating)?.double) else { return }
        let start = try instant(entry.member(time))
        guard minutes > 0, minutes < 1e6 else {
            throw fault("a value holds for \(minutes) min", "a duration is more than none")
        }
        samples.append(
            Signal.Sample(
                start: start, end: start + .seconds(Int64(minutes * 60)), value: value))
    }

    /// `HH:MM:SS` or `D.HH:MM:SS`, as .NET writes a TimeSpan.
    private func minutes(_ text: String?) -> Double? {
        guard let text else { return nil }
        let parts = text.split { $0 == ":" || $0 == "." }.compactMap { Double($0) }
        let isWithDays = text.firstIndex(of: ".").map { $0 < (text.firstIndex(of: ":") ?? $0) }
        let days = isWithDays == true ? parts.first ?? 0 : 0
        let clock = isWithDays == true ? Array(parts.dropFirst()) : parts
        guard clock.count >= 3 else { return nil }
        return days * 1440 + clock[0] * 60 + clock[1] + clock[2] / 60
    }
}

extension JSON {
    /// By its name with a small or a capital letter in front.
    fileprivate func member(_ name: String) -> JSON? {
        self[name] ?? self[name.prefix(1).uppercased() + name.dropFirst()]
    }
}
