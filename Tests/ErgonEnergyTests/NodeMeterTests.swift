import ErgonEnergy
import ErgonModel
import Foundation
import Testing

@Suite struct `A node's energy` {
    private final class Tree {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "ergon-meters-\(UUID().uuidString)")

        deinit { try? FileManager.default.removeItem(at: folder) }

        func write(_ path: String, _ text: String?) throws {
            let file = folder.appending(path: path)
            guard let text else { return try FileManager.default.removeItem(at: file) }
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    private let wall = "sys/cray/pm_counters/energy"
    private let rapl = "sys/class/powercap/intel-rapl:0/energy_uj"
    private let host = "run/host-energy"
    private let model = powerModel(for: "AMD EPYC 7763 64-Core Processor")

    private func measured(_ joules: Int64, _ source: MeasuredEnergy.Source) -> NodeEnergy {
        .measured(
            MeasuredEnergy(joules: Joules(microjoules: joules * 1_000_000), source: source))
    }

    @Test func `is from the best meter that tells, rung by rung`() throws {
        let tree = Tree()
        try tree.write("sys/class/powercap/intel-rapl:0/name", "package-0\n")
        try tree.write(
            "sys/class/powercap/intel-rapl:0/max_energy_range_uj", "262143328850\n")
        var meter = NodeMeter(root: tree.folder.path, host: host, model: model)
        func sample(
            _ second: Int64, wall: String?, rapl: String?, host: String?
        ) throws -> NodeEnergy {
            for (path, text) in [(self.wall, wall), (self.rapl, rapl), (self.host, host)] {
                if let text { try tree.write(path, text) } else { try? tree.write(path, nil) }
            }
            return meter.sample(at: .seconds(second), cpu: .seconds(2))
        }
        let modelled = NodeEnergy.modelled(ModelledEnergy(.seconds(2), model))
        #expect(
            try sample(0, wall: "100 J 5 us", rapl: "1000000", host: "5000 mJ") == modelled)
        #expect(
            try sample(1, wall: "350 J 6 us", rapl: "181000000", host: "205000 mJ")
                == measured(250, .wall))
        #expect(
            try sample(2, wall: nil, rapl: "361000000", host: "405000 mJ") == measured(180, .rapl))
        #expect(try sample(3, wall: nil, rapl: nil, host: "605000 mJ") == measured(200, .host))
        #expect(try sample(4, wall: nil, rapl: nil, host: nil) == modelled)
        // What a meter that was away counted meanwhile others have told already.
        #expect(try sample(5, wall: "900 J", rapl: "1", host: nil) == modelled)
        #expect(try sample(6, wall: "950 J", rapl: "1", host: nil) == measured(50, .wall))
    }

    @Test func `is none where nothing measures and nothing is to be modelled`() {
        var meter = NodeMeter(root: "/nowhere/at/all", model: nil)
        #expect(meter.sample(at: .seconds(0), cpu: .seconds(1)) == .none)
        #expect(meter.sample(at: .seconds(9), cpu: .seconds(1)) == .none)
    }

    @Test(
        arguments: [
            ("7 J\n", "9 J\n", 2_000_000), ("7 mJ", "9 mJ", 2_000), ("7 uJ 1 us", "9 uJ 2 us", 2),
            ("1.5 Wh", "1.75 Wh", 900_000_000), ("7", "9", nil), ("7 kg", "9 kg", nil),
            ("-7 J", "9 J", nil), ("7 J", "nan J", nil), ("7 J", "", nil),
        ] as [(String, String, Int64?)])
    func `is read from a counter in a file`(
        before: String, after: String, microjoules: Int64?
    ) throws {
        let tree = Tree()
        try tree.write("counter", before)
        var file = CounterFile(root: tree.folder.path, path: "counter")
        do { _ = try file.sample(at: .seconds(0)) } catch { #expect(error == .begins) }
        try tree.write("counter", after)
        var found: Joules?
        do { found = try file.sample(at: .seconds(1)) } catch { #expect(error == .begins) }
        #expect(found?.microjoules == microjoules)
    }
}
