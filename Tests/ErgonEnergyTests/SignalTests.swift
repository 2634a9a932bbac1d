import ErgonEnergy
import ErgonModel
import Testing

private func file(
    _ format: SignalFormat, column: String? = nil, basis: SignalFile.Basis = .average
) -> SignalFile {
    SignalFile(place: .path("signal"), format: format, column: column, basis: basis)
}

private func at(_ text: String) throws -> Instant { try #require(Instant(iso8601: text)) }

private func grams(_ value: Double) -> CarbonIntensity {
    CarbonIntensity(microgramsPerKilowattHour: Int64((value * 1e6).rounded()))
}

extension Signal {
    fileprivate func value(_ time: String) throws -> Quantity? {
        let start = try at(time)
        return mean(from: start, to: start + .seconds(60))
    }
}

@Suite struct `A signal is read` {
    @Test(arguments: ["history", "forecast", "data"])
    func `from Electricity Maps, with gaps where it has null`(key: String) throws {
        let text = """
            {"zone": "DE", "\(key)": [
              {"datetime": "2024-01-01T02:00:00.000Z", "carbonIntensity": 310},
              {"datetime": "2024-01-01T00:00:00.000Z", "carbonIntensity": 302.5},
              {"datetime": "2024-01-01T01:00:00.000Z", "carbonIntensity": null},
              {"datetime": "2024-01-01T03:00:00.000Z", "carbonIntensity": 320}]}
            """
        let signal = try readCarbon(Array(text.utf8), file(.electricityMaps))
        #expect(try signal.value("2024-01-01T00:59Z") == grams(302.5))
        #expect(try signal.value("2024-01-01T01:30Z") == nil)
        #expect(try signal.value("2024-01-01T03:30Z") == grams(320))
        #expect(try signal.value("2024-01-01T04:30Z") == nil)
    }

    @Test func `from WattTime, in pounds for a megawatt-hour and marginal`() throws {
        let text = """
            {"data": [{"point_time": "2022-07-15T02:00:00+02:00", "value": 870.0},
                      {"point_time": "2022-07-15T00:05:00+00:00", "value": 1000.0}],
             "meta": {"signal_type": "co2_moer", "units": "lbs_co2_per_mwh",
                      "data_point_period_seconds": 300}}
            """
        let signal = try readCarbon(Array(text.utf8), file(.wattTime, basis: .marginal))
        #expect(try signal.value("2022-07-15T00:04Z") == grams(394.62504))
        #expect(try signal.value("2022-07-15T00:09Z") == grams(453.592))
        #expect(try signal.value("2022-07-15T00:10Z") == nil)
        let fault = #expect(throws: SignalFault.self) {
            try readCarbon(Array(text.utf8), file(.wattTime))
        }
        #expect(fault?.remedy == "add `basis: marginal` to use them by that name")
    }

    @Test func `from Great Britain's system operator, what was before what was thought`() throws {
        let text = """
            {"data": [
              {"from": "2018-01-20T12:00Z", "to": "2018-01-20T12:30Z",
               "intensity": {"forecast": 266, "actual": 263, "index": "moderate"}},
              {"from": "2018-01-20T12:30Z", "to": "2018-01-20T13:00Z",
               "intensity": {"forecast": 270, "actual": null, "index": "moderate"}}]}
            """
        for text in [text, "{\"data\": {\"regionid\": 3, " + text.dropFirst() + "}"] {
            let signal = try readCarbon(Array(text.utf8), file(.carbonIntensityGB))
            #expect(try signal.value("2018-01-20T12:29Z") == grams(263))
            #expect(try signal.value("2018-01-20T12:59Z") == grams(270))
            #expect(try signal.value("2018-01-20T13:00Z") == nil)
        }
    }

    @Test func `from the Carbon Aware SDK, measured or forecast`() throws {
        let measured = """
            [{"Location": "eastus", "Time": "2022-08-01T00:00:00+00:00", "Rating": 65.5,
              "Duration": "08:00:00"},
             {"location": "eastus", "time": "2022-08-01T08:00:00Z", "rating": 70,
              "duration": "1.00:00:00"}]
            """
        let signal = try readCarbon(Array(measured.utf8), file(.carbonAwareSDK))
        #expect(try signal.value("2022-08-01T07:59Z") == grams(65.5))
        #expect(try signal.value("2022-08-02T07:59Z") == grams(70))
        #expect(try signal.value("2022-08-02T08:00Z") == nil)
        let forecast = """
            [{"generatedAt": "2022-08-01T00:00:00Z", "forecastData": [
               {"location": "eastus", "timestamp": "2022-08-01T00:05:00Z", "duration": 5,
                "value": 359.23}]}]
            """
        let next = try readCarbon(Array(forecast.utf8), file(.carbonAwareSDK))
        #expect(try next.value("2022-08-01T00:09Z") == grams(359.23))
        #expect(try next.value("2022-08-01T00:10Z") == nil)
    }

    @Test func `from a table, the second column or the one that is named`() throws {
        let text = """
            time,real,"forecast"\r
            2016-01-04 00:00:00,13.780,10.664\r
            2016-01-04 01:00:00,,7.999\r
            2016-01-04T02:00:00Z,-83.94,x\r
            2016-01-04T03:00:00Z,1,2\r

            """
        let real = try readPrices(Array(text.utf8), file(.csv))
        #expect(
            try real.value("2016-01-04T00:30Z") == EnergyPrice(millionthsPerKilowattHour: 13_780))
        #expect(try real.value("2016-01-04T01:30Z") == nil)
        #expect(
            try real.value("2016-01-04T02:30Z") == EnergyPrice(millionthsPerKilowattHour: -83_940))
        let forecast = try readPrices(Array(text.utf8), file(.csv, column: "forecast"))
        #expect(
            try forecast.value("2016-01-04T01:30Z") == EnergyPrice(millionthsPerKilowattHour: 7999))
        #expect(try forecast.value("2016-01-04T02:30Z") == nil)
        let fault = #expect(throws: SignalFault.self) {
            try readPrices(Array(text.utf8), file(.csv, column: "guess"))
        }
        #expect(fault?.remedy == "columns of values: `real`, `forecast`")
    }

    @Test func `from ENTSO-E, where a position left out repeats the one before`() throws {
        let text = """
            <Publication_MarketDocument><TimeSeries><Period>
              <timeInterval><start>2020-06-01T22:00Z</start><end>2020-06-02T02:00Z</end>
              </timeInterval><resolution>PT60M</resolution>
              <Point><position>1</position><price.amount>20.5</price.amount></Point>
              <Point><position>3</position><price.amount>-4</price.amount></Point>
            </Period></TimeSeries></Publication_MarketDocument>
            """
        let signal = try readPrices(Array(text.utf8), file(.entsoe))
        for (time, price) in [
            ("22:30", 20_500), ("23:30", 20_500), ("00:30", -4000), ("01:30", -4000),
        ] {
            let day = time < "12" ? "02" : "01"
            #expect(
                try signal.value("2020-06-\(day)T\(time)Z")
                    == EnergyPrice(millionthsPerKilowattHour: Int64(price)), "\(time)")
        }
        #expect(try signal.value("2020-06-02T02:00Z") == nil)
    }

    @Test(
        arguments: [
            (.electricityMaps, "{}"), (.electricityMaps, "["), (.wattTime, "{\"data\": 1}"),
            (.wattTime, "{\"data\": [], \"meta\": {\"units\": \"kg\"}}"),
            (.carbonIntensityGB, "{}"), (.carbonAwareSDK, "[{\"rating\": 1}]"), (.csv, ""),
            (.csv, "time,value\nsoon,1"), (.entsoe, "<x/>"),
            (
                .electricityMaps,
                "{\"history\": [{\"datetime\": \"soon\", \"carbonIntensity\": 1}]}"
            ),
        ] as [(SignalFormat, String)])
    func `or refused with the reason`(format: SignalFormat, text: String) {
        #expect(throws: SignalFault.self) { try readCarbon(Array(text.utf8), file(format)) }
        #expect(throws: SignalFault.self) { try readPrices(Array(text.utf8), file(format)) }
    }
}

@Suite struct `A forecast has a value for every slot` {
    private let hour = Microseconds.seconds(3600)

    /// Ten days, hourly: 100 g/kWh and the hour of the day, and 10 more each day.
    private func signal() throws -> Signal<CarbonIntensity> {
        let start = try at("2024-03-01")
        var starts: [(start: Instant, value: CarbonIntensity)] = []
        for hours in 0..<240 {
            let value = 100 + hours % 24 + hours / 24 * 10
            starts.append((start + .seconds(Int64(hours) * 3600), grams(Double(value))))
        }
        return Signal(starts: starts)
    }

    @Test func `from the signal as long as it lasts, then from the last seven days`() throws {
        let forecast = Forecast(
            try signal(), yearly: grams(500), start: try at("2024-03-10T22:00Z"), slot: hour,
            slots: 30)
        #expect(forecast.values[0] == grams(212) && forecast.origins[0] == .signal)
        #expect(forecast.values[1] == grams(213))
        // Days 4 to 10 have 30 to 90 g more: 60 on average.
        #expect(forecast.values[2] == grams(160) && forecast.origins[2] == .lastDays)
        #expect(forecast.values[25] == grams(183))
        // One day further the same seven days are the last.
        #expect(forecast.values[26] == grams(160))
        #expect(forecast.counts.map(\.slots) == [2, 28])
    }

    @Test func `from the zone's year where the signal has nothing, or from nowhere`() throws {
        let empty = Signal<CarbonIntensity>([])
        let start = try at("2024-03-01")
        let yearly = Forecast(
            empty, yearly: yearlyIntensity(of: "DE"), start: start, slot: hour, slots: 3)
        #expect(yearly.origins == [.yearly, .yearly, .yearly])
        #expect(yearly.values[0] == grams(338.66))
        let none = Forecast(empty, yearly: nil, start: start, slot: hour, slots: 2)
        #expect(none.values == [nil, nil] && none.origins == [.none, .none])
    }

    @Test func `which is the mean over the slot`() throws {
        let forecast = Forecast(
            try signal(), yearly: nil, start: try at("2024-03-01T00:30Z"), slot: hour, slots: 1)
        #expect(forecast.values == [grams(100.5)])
    }

    @Test func `which has to be known for half of the slot`() throws {
        let start = try at("2024-03-01T23:00Z")
        let day = Signal(try signal().samples.filter { $0.start < start + .seconds(3600) })
        func origin(hours: Int64) -> Forecast<CarbonIntensity>.Origin {
            Forecast(
                day, yearly: grams(1), start: start, slot: .seconds(hours * 3600), slots: 1
            ).origins[0]
        }
        #expect(origin(hours: 2) == .signal)
        #expect(origin(hours: 3) != .signal)
    }

    @Test func `even beside a gap`() throws {
        let start = try at("2024-03-01")
        let holed = Signal(
            try signal().samples.filter { $0.start != start + .seconds(5 * 86_400) })
        let forecast = Forecast(
            holed, yearly: nil, start: start + .seconds(5 * 86_400), slot: hour, slots: 1)
        // The same hour of the five days before.
        #expect(forecast.values == [grams(120)] && forecast.origins == [.lastDays])
    }
}

@Suite struct `A time is read` {
    @Test(
        arguments: [
            ("2020-06-01", 1_590_969_600_000_000), ("2020-06-01T00:00Z", 1_590_969_600_000_000),
            ("2020-06-01 02:00:00+02:00", 1_590_969_600_000_000),
            ("2020-05-31T19:00-0500", 1_590_969_600_000_000),
            ("2020-06-01T00:00:00.250Z", 1_590_969_600_250_000),
            ("1969-12-31T23:59:59Z", -1_000_000),
        ] as [(String, Int64)])
    func `as people and services write it`(text: String, microseconds: Int64) {
        #expect(Instant(iso8601: text) == Instant(microseconds: microseconds))
    }

    @Test(arguments: [
        "", "2020", "2020-13-01", "2020-02-30", "2020-06-01T24:00", "2020-06-01T00", "soon",
        "2020-06-01T00:00X", "2020-06-01T00:00:00.Z", "２020-06-01",
    ])
    func `or not at all`(text: String) { #expect(Instant(iso8601: text) == nil) }

    @Test func `and written to the minute`() throws {
        #expect(try at("2020-06-01T09:05:59Z").minuteText == "2020-06-01 09:05")
        #expect(try at("1969-12-31T23:59Z").minuteText == "1969-12-31 23:59")
        #expect(try at("2020-06-01").weekday == 0)
        #expect(try at("1970-01-01T10:00Z").timeOfDay == .seconds(36_000))
    }
}
