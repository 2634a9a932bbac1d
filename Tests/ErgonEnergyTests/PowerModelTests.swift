import ErgonEnergy
import ErgonModel
import Testing

@Suite struct `A processor's power` {
    @Test(
        arguments: [
            ("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", "model:cpu-brand", 3750),
            ("Intel(R) Xeon(R) CPU E5-2650 v4 @ 2.20GHz", "model:cpu-brand", 4375),
            ("Intel(R) Xeon(R) Platinum 8480+", "model:cpu-brand", 3125),
            ("AMD EPYC 7763 64-Core Processor", "model:cpu-brand", 2187),
            ("AMD EPYC 7702P 64-Core Processor", "model:cpu-brand", 1562),
            ("Intel(R) Xeon(R) Gold 6149 CPU @ 3.10GHz", "model:cpu-family", 4104),
            ("Intel Xeon Processor (Cascadelake)", "model:cpu-family", 4063),
            ("AMD EPYC", "model:cpu-family", 1957),
            ("AMD EPYC-Rome Processor", "model:cpu-family", 1693),
            ("implementer 0x41 part 0xd0c", "model:cpu-family", 2625),
            ("implementer 0x41 part 0xd4f", "model:default-4W", 4000),
            ("Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz", "model:default-4W", 4000),
            ("unknown", "model:default-4W", 4000),
            ("", "model:default-4W", 4000),
            ("(R", "model:default-4W", 4000),
        ] as [(String, String, Int64)])
    func `is looked up by brand, then by family`(model: String, source: String, milliwatts: Int64) {
        let power = powerModel(for: model)
        #expect(power.source == source)
        #expect(power.perThread == Watts(milliwatts: milliwatts))
        #expect(power.uncertaintyPercent == 50)
    }

    @Test func `a longer number is not a shorter one`() {
        #expect(powerModel(for: "Intel(R) Xeon(R) Gold 6130T CPU").source == "model:cpu-family")
        #expect(powerModel(for: "AMD EPYC 77022").source == "model:cpu-family")
    }

    @Test func `times CPU time is a task's energy`() {
        let power = powerModel(for: "AMD EPYC 7763 64-Core Processor")
        #expect(power.perThread * .seconds(100) == Joules(microjoules: 218_700_000))
    }
}
