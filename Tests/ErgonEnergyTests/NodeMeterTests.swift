import ErgonModel
import Foundation
import Testing

@testable import ErgonEnergy

/// A folder that stands for `/`; removed with the value.
final class FakeTree {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "ergon-meters-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// - Parameter text: `nil` removes the file.
    func write(_ path: String, _ text: String?) throws {
        let file = folder.appending(path: path)
        guard let text else { return try FileManager.default.removeItem(at: file) }
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func settings(host: String? = nil) -> NodeMeter.Settings {
        NodeMeter.Settings(root: folder.path, hostFile: host)
    }
}

@Suite struct `A node's energy` {
    private let wall = "sys/cray/pm_counters/energy"
    private let rapl = "sys/class/powercap/intel-rapl:0/energy_uj"
    private let host = "run/host-energy"

    private func measured(_ joules: Int64, _ source: MeterSource) -> ReportedInterval.Reading {
        .measured(Joules(microjoules: joules * 1_000_000), by: source)
    }

    @Test func `is from the best meter that tells, rung by rung`() throws {
        let tree = FakeTree()
        try tree.write("sys/class/powercap/intel-rapl:0/name", "package-0\n")
        try tree.write(
            "sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n")
        var meter = NodeMeter(tree.settings(host: host))
        func sample(
            _ second: Int64, wall: String?, rapl: String?, host: String?
        ) throws -> ReportedInterval.Reading? {
            for (path, text) in [(self.wall, wall), (self.rapl, rapl), (self.host, host)] {
                if let text { try tree.write(path, text) } else { try? tree.write(path, nil) }
            }
            return meter.sample(at: .seconds(second))
        }
        #expect(
            try sample(0, wall: "100 J 5 us", rapl: "1000000", host: "5000 mJ")
                == .dropped(.begins))
        #expect(
            try sample(1, wall: "350 J 6 us", rapl: "181000000", host: "205000 mJ")
                == measured(250, .wall))
        #expect(
            try sample(2, wall: nil, rapl: "361000000", host: "405000 mJ") == measured(180, .rapl))
        #expect(try sample(3, wall: nil, rapl: nil, host: "605000 mJ") == measured(200, .host))
        #expect(try sample(4, wall: nil, rapl: nil, host: nil) == .dropped(.absent))
        // What a meter that was away counted meanwhile others have told already.
        #expect(try sample(5, wall: "900 J", rapl: "1", host: nil) == .dropped(.begins))
        #expect(try sample(6, wall: "950 J", rapl: "1", host: nil) == measured(50, .wall))
    }

    @Test func `waits for a counter that moves seldom, and does not lose what it counts`() throws {
        let tree = FakeTree()
        try tree.write(host, "1 J")
        var meter = NodeMeter(tree.settings(host: host))
        #expect(meter.begin(at: .seconds(0)) == true)
        #expect(meter.sample(at: .seconds(1)) == nil)
        #expect(meter.sample(at: .seconds(30)) == nil)
        try tree.write(host, "301 J")
        #expect(meter.sample(at: .seconds(31)) == measured(300, .host))
        // Two minutes without a step are too long.
        #expect(meter.sample(at: .seconds(151)) == .dropped(.frozen))
    }

    @Test func `is unknown where nothing measures`() {
        var meter = NodeMeter(NodeMeter.Settings(root: "/nowhere/at/all"))
        #expect(meter.begin(at: .seconds(0)) == false)
        #expect(meter.sample(at: .seconds(9)) == .dropped(.absent))
    }

    @Test(
        arguments: [
            ("7 J\n", "9 J\n", 2_000_000), ("7 mJ", "9 mJ", 2_000), ("7 uJ 1 us", "9 uJ 2 us", 2),
            ("1.5 Wh", "1.75 Wh", 900_000_000), ("1 kWh", "1.0001 kWh", 360_000_000),
            ("7", "9", nil), ("7 kg", "9 kg", nil), ("7 W", "9 W", nil),
            ("-7 J", "9 J", nil), ("7 J", "nan J", nil), ("7 J", "", nil),
        ] as [(String, String, Int64?)])
    func `is read from a counter in a file`(
        before: String, after: String, microjoules: Int64?
    ) throws {
        let tree = FakeTree()
        try tree.write("counter", before)
        var file = CounterFile(root: tree.folder.path, path: "counter")
        _ = file.sample(at: .seconds(0))
        try tree.write("counter", after)
        let found = file.sample(at: .seconds(1))
        if let microjoules {
            #expect(found == .measured(Joules(microjoules: microjoules)))
        } else {
            #expect(found == .absent || found == .unknown(.begins))
        }
    }

    @Test func `is what a command of the site prints, a counter or a power`() {
        let reading = CommandReading()
        var meter = NodeMeter(NodeMeter.Settings(root: "/nowhere"), reading: reading)
        #expect(!reading.put("many watts", at: .seconds(0)))
        #expect(meter.begin(at: .seconds(0)) == false)
        #expect(reading.put("100 W\n", at: .seconds(1)))
        #expect(meter.sample(at: .seconds(1)) == .dropped(.begins))
        reading.put("300 W", at: .seconds(11))
        #expect(meter.sample(at: .seconds(11)) == measured(2000, .wall))
        #expect(meter.sample(at: .seconds(12)) == nil)
        reading.clear()
        #expect(meter.sample(at: .seconds(13)) == .dropped(.absent))
        reading.put("1 kWh", at: .seconds(20))
        #expect(meter.sample(at: .seconds(20)) == .dropped(.begins))
        reading.put("1.001 kWh", at: .seconds(30))
        #expect(meter.sample(at: .seconds(30)) == measured(3600, .wall))
    }
}
