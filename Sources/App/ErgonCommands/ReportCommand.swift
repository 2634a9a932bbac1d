import ArgumentParser
import ErgonEnergy
import ErgonModel
import ErgonWireMessages

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Says what campaigns and workers have spent, and how that is known.",
        discussion: """
            Of each step what its attempts took: those that counted, those that failed and those \
            that were superseded; what meters told and what was modelled, never added up; and of \
            each worker what its meter told and whose that was. With an intensity also what it \
            emitted, per unit of the input (Software Carbon Intensity, ISO/IEC 21031), and, for \
            comparison, what PanDA's 10 W a core would make of it.
            """)

    @OptionGroup var home: HomeOption
    @Argument(help: "A campaign's number or name, or `last`; all if there is none.")
    var campaign: String?
    @Flag(help: "Energy and carbon: the only report there is.")
    var energy = false
    @Option(help: "What a kilowatt-hour emitted where the workers are, in g CO2e.")
    var intensity: Double?
    @Option(help: "The zone whose yearly intensity is taken, such as GB.")
    var zone: String?
    @Option(help: "What building the machines emitted for these campaigns, in g CO2e.")
    var embodied = 0.0
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard energy else { throw ValidationError("say what is to be reported: --energy") }
        if intensity != nil, zone != nil {
            throw ValidationError("--intensity and --zone say the same")
        }
        if let intensity, !(0...10_000).contains(intensity) {
            throw ValidationError("--intensity is 0 to 10000")
        }
        if let zone, yearlyIntensity(of: zone) == nil {
            throw ValidationError(
                "no yearly intensity of \(zone); there are "
                    + zonesWithYearlyIntensity.joined(separator: ", "))
        }
        if !(0...1e12).contains(embodied) { throw ValidationError("--embodied is 0 to 1e12") }
    }

    func run() async throws {
        try await reporting {
            let reply = try await withCoordinator(home.folder) { client in
                var request = Ergon_V1_StatusRequest()
                request.campaign = campaign ?? ""
                return try await client.control.energy(request, options: ControlClient.patience)
            }
            let carbon = CarbonTerms(
                intensity: intensity.map {
                    CarbonIntensity(microgramsPerKilowattHour: Int64(($0 * 1e6).rounded()))
                } ?? zone.flatMap(yearlyIntensity),
                embodied: GramsCO2e(micrograms: Int64((embodied * 1e6).rounded())))
            output.print(reply.text(carbon), json: reply.json(carbon))
        }
    }
}

/// How clean the power was, and what the machines had cost before.
struct CarbonTerms: Hashable {
    /// Location-based average; `nil` if nobody said.
    var intensity: CarbonIntensity?
    var embodied: GramsCO2e

    /// Software Carbon Intensity, (E·I + M)/R, in micrograms for one of `units`.
    func perUnit(_ energy: Joules, units: Int64) -> Double? {
        guard let intensity, units > 0 else { return nil }
        let operation = emissions(of: energy, at: intensity)
        return Double((operation + embodied).micrograms) / Double(units)
    }
}

/// Grams for people.
func text(_ carbon: GramsCO2e) -> String { gramsText(micrograms: Double(carbon.micrograms)) }

func gramsText(micrograms: Double) -> String {
    switch micrograms {
    case ..<1e3: rounded(micrograms) + " µg"
    case ..<1e6: rounded(micrograms / 1e3) + " mg"
    case ..<1e9: rounded(micrograms / 1e6) + " g"
    default: rounded(micrograms / 1e9) + " kg"
    }
}
