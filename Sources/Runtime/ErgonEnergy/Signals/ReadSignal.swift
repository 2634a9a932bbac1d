package import ErgonModel

/// Reads carbon intensities as a service or a person wrote them.
/// - Throws: what makes the file no such signal. Single values that are missing are gaps.
package func readCarbon(
    _ bytes: [UInt8], _ file: SignalFile
) throws(SignalFault) -> Signal<CarbonIntensity> {
    let reading = SignalReading(file: file)
    switch file.format {
    case .csv:
        // g/kWh to micrograms.
        return Signal(starts: try reading.table(bytes, unitsPerValue: 1e6))
    case .electricityMaps: return try reading.electricityMaps(reading.json(bytes))
    case .wattTime: return try reading.wattTime(reading.json(bytes))
    case .carbonIntensityGB: return try reading.carbonIntensityGB(reading.json(bytes))
    case .carbonAwareSDK: return try reading.carbonAwareSDK(reading.json(bytes))
    case .entsoe:
        throw reading.fault("ENTSO-E has prices, not intensities", "name it under `price`")
    }
}

/// Reads prices.
package func readPrices(
    _ bytes: [UInt8], _ file: SignalFile
) throws(SignalFault) -> Signal<EnergyPrice> {
    let reading = SignalReading(file: file)
    switch file.format {
    case .csv:
        // Money for a MWh to millionths for a kWh.
        return Signal(starts: try reading.table(bytes, unitsPerValue: 1e3))
    case .entsoe: return try reading.entsoe(bytes)
    case .electricityMaps, .wattTime, .carbonIntensityGB, .carbonAwareSDK:
        throw reading.fault("`\(file.format.rawValue)` has no prices", "use `csv` or `entsoe`")
    }
}

/// What all formats share.
struct SignalReading {
    let file: SignalFile

    func fault(_ problem: String, _ remedy: String) -> SignalFault {
        SignalFault(place: file.place.text, problem: problem, remedy: remedy)
    }

    func json(_ bytes: [UInt8]) throws(SignalFault) -> JSON {
        do throws(JSONError) { return try JSON(parsing: bytes) } catch {
            throw fault("not JSON: \(error)", "save the service's answer as it is")
        }
    }

    /// - Parameter what: what the service calls the list that is missing.
    func list(_ value: JSON?, _ what: String) throws(SignalFault) -> [JSON] {
        guard let list = value?.array else {
            throw fault(
                "no list `\(what)` in it", "is its format really `\(file.format.rawValue)`?")
        }
        return list
    }

    func instant(_ value: JSON?) throws(SignalFault) -> Instant {
        guard let text = value?.string, let instant = Instant(iso8601: text) else {
            throw fault("\(value?.text() ?? "nothing") is no time", "times are as in RFC 3339")
        }
        return instant
    }

    /// g/kWh; `nil` for what is missing, or makes no sense.
    func intensity(_ grams: Double?) -> CarbonIntensity? {
        guard let grams, grams.isFinite, abs(grams) < 1e6 else { return nil }
        return CarbonIntensity(microgramsPerKilowattHour: Int64((grams * 1e6).rounded()))
    }

    /// Services deliver averages but for WattTime; whoever plans by the other kind says so.
    func require(_ basis: SignalFile.Basis) throws(SignalFault) {
        guard file.basis != basis else { return }
        throw fault(
            "these intensities are \(basis.rawValue), not \(file.basis.rawValue)",
            "add `basis: \(basis.rawValue)` to use them by that name")
    }

    /// A head and at least two columns: a time, UTC unless it says otherwise, and a number.
    func table<Quantity: SignalQuantity>(
        _ bytes: [UInt8], unitsPerValue: Double
    ) throws(SignalFault) -> [(start: Instant, value: Quantity)] {
        var lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard !lines.isEmpty else { throw fault("it is empty", "`time,value` and a line each") }
        let head = lines.removeFirst().split(separator: ",", omittingEmptySubsequences: false)
        let column = try column(head.map { trimmed($0) })
        var values: [(start: Instant, value: Quantity)] = []
        values.reserveCapacity(lines.count)
        for (number, line) in lines.enumerated() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            guard let first = cells.first, let start = Instant(iso8601: trimmed(first)) else {
                throw fault("line \(number + 2) does not begin with a time", "UTC, ISO 8601")
            }
            guard cells.count > column, let value = Double(trimmed(cells[column])),
                value.isFinite, abs(value) < 1e9
            else { continue }
            values.append((start, Quantity(units: Int64((value * unitsPerValue).rounded()))))
        }
        return values
    }

    private func column(_ head: [Substring]) throws(SignalFault) -> Int {
        guard let wanted = file.column else { return 1 }
        guard let index = head.firstIndex(of: Substring(wanted)), index > 0 else {
            let names = head.dropFirst().map { "`\($0)`" }.joined(separator: ", ")
            throw fault("there is no column `\(wanted)`", "columns of values: \(names)")
        }
        return index
    }
}

private func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first == " " || first == "\"" { text.removeFirst() }
    while let last = text.last, last == " " || last == "\"" { text.removeLast() }
    return text
}
