import ErgonEnergy
import ErgonModel
import Foundation
import Testing

/// A folder that stands for `/` and has the processors' meters; removed with the value.
private final class FakeMachine {
    let folder: URL
    private let zones = "sys/class/powercap"

    init() {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "ergon-powercap-\(UUID().uuidString)")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func write(_ zone: String, _ file: String, _ text: String) throws {
        let place = folder.appending(path: "\(zones)/\(zone)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place.appending(path: file))
    }

    func zone(
        _ zone: String, _ name: String, _ energy: String, range: String? = "262143328850\n"
    ) throws {
        try write(zone, "name", name + "\n")
        try write(zone, "energy_uj", energy)
        if let range { try write(zone, "max_energy_range_uj", range) }
    }

    func remove(_ zone: String) throws {
        try FileManager.default.removeItem(at: folder.appending(path: "\(zones)/\(zone)"))
    }

    func meter() -> PowercapMeter { PowercapMeter(root: folder.path) }
}

@Suite struct `The processors' own meter` {
    private func seconds(_ number: Int64) -> Microseconds { .seconds(number) }
    private func joules(_ number: Int64) -> Joules { Joules(microjoules: number * 1_000_000) }

    /// Readings of one package, a second apart; what the last of them came to.
    private func last(
        _ readings: [String], range: String? = "262143328850\n"
    ) throws -> PowercapMeter.Sample {
        let machine = FakeMachine()
        var meter = machine.meter()
        var sample = PowercapMeter.Sample.absent
        for (number, reading) in readings.enumerated() {
            try machine.zone("intel-rapl:0", "package-0", reading, range: range)
            sample = meter.sample(at: seconds(Int64(number)))
        }
        return sample
    }

    @Test func `says how much a counter grew`() throws {
        #expect(try last(["5000000\n"]) == .unknown(["package-0": .begins]))
        #expect(try last(["5000000\n", "155000000\n"]) == .measured(joules(150)))
        #expect(try last(["5000000", "155000000"]) == .measured(joules(150)))
    }

    @Test func `goes on where a counter starts anew`() throws {
        #expect(try last(["262043328850\n", "50000000\n"]) == .measured(joules(150)))
    }

    @Test func `adds up packages and memory, each with its own range`() throws {
        let machine = FakeMachine()
        var meter = machine.meter()
        try machine.zone("intel-rapl:0", "package-0", "1000000")
        try machine.zone("intel-rapl:0:0", "core", "900000")
        try machine.zone("intel-rapl:0:1", "dram", "65712000000", range: "65712999613")
        try machine.zone("intel-rapl:1", "package-1", "7000000")
        try machine.zone("intel-rapl:2", "psys", "9000000")
        try machine.zone("intel-rapl-mmio:0", "package-0", "1000000")
        _ = meter.sample(at: seconds(0))
        try machine.zone("intel-rapl:0", "package-0", "101000000")
        try machine.zone("intel-rapl:0:0", "core", "90900000")
        try machine.zone("intel-rapl:0:1", "dram", "9000387", range: "65712999613")
        try machine.zone("intel-rapl:1", "package-1", "57000000")
        try machine.zone("intel-rapl:2", "psys", "500000000")
        try machine.zone("intel-rapl-mmio:0", "package-0", "101000000")
        #expect(meter.sample(at: seconds(1)) == .measured(joules(160)))
    }

    @Test func `does not guess where a counter may have started anew twice`() throws {
        let machine = FakeMachine()
        var meter = machine.meter()
        try machine.zone("intel-rapl:0", "package-0", "1000000")
        _ = meter.sample(at: seconds(0))
        try machine.zone("intel-rapl:0", "package-0", "2000000")
        // 262 kJ at a kilowatt: half of it is drawn in 131 s.
        #expect(meter.sample(at: seconds(132)) == .unknown(["package-0": .tooLong]))
        try machine.zone("intel-rapl:0", "package-0", "3000000")
        #expect(meter.sample(at: seconds(263)) == .measured(joules(1)))
    }

    @Test(arguments: [nil, "0\n", "", "x\n"])
    func `does not trust a counter without a range`(range: String?) throws {
        #expect(
            try last(["5000000", "155000000"], range: range)
                == .unknown(["package-0": .noRange]))
    }

    @Test(arguments: ["", "-1", "many", "18446744073709551616", "12 34x", "0x10"])
    func `takes no text for a number`(text: String) throws {
        let machine = FakeMachine()
        var meter = machine.meter()
        try machine.zone("intel-rapl:0", "package-0", text == "12 34x" ? "x12" : text)
        #expect(meter.sample(at: seconds(0)) == .absent)
    }

    @Test func `is absent where counters may not be read`() throws {
        let machine = FakeMachine()
        var meter = machine.meter()
        #expect(meter.sample(at: seconds(0)) == .absent)
        try machine.write("intel-rapl:0", "name", "package-0\n")
        try machine.write("intel-rapl:0", "max_energy_range_uj", "262143328850\n")
        #expect(meter.sample(at: seconds(1)) == .absent)
    }

    @Test func `has no sum while a zone is away, nor when it comes back lower`() throws {
        let machine = FakeMachine()
        var meter = machine.meter()
        func write(_ first: Int64, _ second: Int64?) throws {
            try machine.zone("intel-rapl:0", "package-0", "\(first)000000")
            if let second { try machine.zone("intel-rapl:1", "package-1", "\(second)000000") }
        }
        try write(1, 100)
        _ = meter.sample(at: seconds(0))
        try write(2, 110)
        #expect(meter.sample(at: seconds(1)) == .measured(joules(11)))
        try machine.remove("intel-rapl:1")
        try write(3, nil)
        #expect(meter.sample(at: seconds(2)) == .unknown(["package-1": .begins]))
        try write(4, 5)
        #expect(meter.sample(at: seconds(3)) == .unknown(["package-1": .begins]))
        try write(5, 7)
        #expect(meter.sample(at: seconds(4)) == .measured(joules(3)))
    }

    @Test func `counts a die once, and no zone that is disabled`() throws {
        let machine = FakeMachine()
        var meter = machine.meter()
        for energy in ["1000000", "2000000"] {
            try machine.zone("intel-rapl:0", "package-0-die-0", energy)
            try machine.zone("intel-rapl:1", "package-0-die-1", energy)
            try machine.zone("intel-rapl:2", "package-0-die-1", energy)
            try machine.zone("intel-rapl:3", "package-1", energy)
            try machine.write("intel-rapl:3", "enabled", "0\n")
            try machine.write("intel-rapl:0", "enabled", "1\n")
            let sample = meter.sample(at: seconds(energy == "1000000" ? 0 : 1))
            if energy == "2000000" { #expect(sample == .measured(joules(2))) }
        }
    }

    @Test func `does not take a frozen counter for a machine that draws nothing`() throws {
        #expect(try last(["5000000", "5000000"]) == .unknown(["package-0": .frozen]))
    }

    @Test func `drops what no machine can draw`() throws {
        #expect(try last(["5000000", "1005000001"]) == .unknown(["package-0": .tooMuch]))
        #expect(try last(["200000000000", "5000000"]) == .unknown(["package-0": .tooMuch]))
    }

    @Test func `lists packages by their numbers, however the folder does`() throws {
        let machine = FakeMachine()
        for number in [10, 2, 0, 11, 1] {
            try machine.zone("intel-rapl:\(number)", "package-\(number)", "1")
            try machine.zone("intel-rapl:\(number):0", "dram", "1")
        }
        #expect(
            machine.meter().zoneNames
                == [0, 1, 2, 10, 11].flatMap {
                    ["package-\($0)", "package-\($0)/dram"]
                })
    }
}

@Suite struct `A counter of energy` {
    /// Any power up to 900 W, read at any times less than half a range apart.
    @Test(arguments: UInt64(1)...50)
    func `adds up to what was drawn, to a microjoule a reading`(seed: UInt64) throws {
        var state = seed
        func number(_ most: UInt64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((state >> 33) % most)
        }
        let range: Int64 = 65_712_999_613
        var counter = EnergyCounter(mostPower: Watts(milliwatts: 1_000_000))
        var (time, drawn, read, samples) = (Int64(0), 0.0, Int64(0), Int64(0))
        let start = number(UInt64(range))
        #expect(throws: EnergyGap.begins) {
            try counter.read(start, range: range, at: Microseconds(time))
        }
        for _ in 0..<400 {
            let elapsed = 1000 + number(30_000_000)
            time += elapsed
            drawn += Double(1 + number(900)) * Double(elapsed)
            let value = (start + Int64(drawn)) % range
            read += try counter.read(value, range: range, at: Microseconds(time))?.microjoules ?? 0
            samples += 1
        }
        #expect(abs(Double(read) - drawn) <= Double(samples))
    }
}
