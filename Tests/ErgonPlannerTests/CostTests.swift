import ErgonModel
import Testing

struct CostTests {
    @Test func `a kilowatt-hour at an intensity emits what the intensity says`() {
        let hour = Joules(microjoules: 3_600_000_000_000)
        let intensity = CarbonIntensity(microgramsPerKilowattHour: 218_290_031)
        #expect(emissions(of: hour, at: intensity) == GramsCO2e(micrograms: 218_290_031))
        let price = EnergyPrice(millionthsPerKilowattHour: -83_940)
        #expect(cost(of: hour, at: price) == Money(millionths: -83_940))
    }

    @Test func `sums stay at the ends of the scale`() {
        let (most, least) = (Money(millionths: .max), Money(millionths: .min))
        #expect(most + Money(millionths: 1) == most)
        #expect(least + Money(millionths: -1) == least)
        let carbon = GramsCO2e(micrograms: .max)
        #expect(carbon + carbon == carbon)
        let all = Joules(microjoules: .max)
        #expect(
            emissions(of: all, at: CarbonIntensity(microgramsPerKilowattHour: .max))
                == GramsCO2e(micrograms: .max))
    }
}
