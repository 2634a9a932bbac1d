import ErgonModel
import Synchronization
import Testing

@testable import ErgonEnergy

@Suite struct `The processors' meter through perf` {
    /// Counts as a test says, or cannot be read.
    private final class FakeCounter: PerfMeter.Counter {
        let value = Mutex<UInt64?>(1000)
        var count: UInt64? { value.withLock { $0 } }
    }

    private func tree(mask: String = "0,8") throws -> FakeTree {
        let tree = FakeTree()
        let folder = "sys/bus/event_source/devices/power"
        try tree.write("\(folder)/type", "21\n")
        try tree.write("\(folder)/cpumask", mask + "\n")
        try tree.write("\(folder)/events/energy-pkg", "event=0x02\n")
        try tree.write("\(folder)/events/energy-pkg.scale", "2.3283064365386962890625e-10\n")
        try tree.write("\(folder)/events/energy-pkg.unit", "Joules\n")
        return tree
    }

    @Test func `adds up packages, each read on a processor of its own`() throws {
        let tree = try tree()
        let counters = [CInt(0): FakeCounter(), 8: FakeCounter()]
        let asked = Mutex<[PerfMeter.Event]>([])
        var meter = NodeMeter(
            tree.settings(),
            perf: { event in
                asked.withLock { $0.append(event) }
                return counters[event.cpu]
            })
        #expect(
            asked.withLock { $0 } == [0, 8].map { PerfMeter.Event(type: 21, config: 2, cpu: $0) })
        #expect(meter.begin(at: .seconds(0)) == true)
        // 2^32 counts are a joule.
        counters[0]?.value.withLock { $0 = 1000 + (50 << 32) }
        counters[8]?.value.withLock { $0 = 1000 + (20 << 32) }
        #expect(
            meter.sample(at: .seconds(1)) == .measured(Joules(microjoules: 70_000_000), by: .perf))
        counters[8]?.value.withLock { $0 = nil }
        counters[0]?.value.withLock { $0 = 1000 + (60 << 32) }
        #expect(meter.sample(at: .seconds(2)) == .dropped(.absent))
    }

    @Test func `is not there where it may not be opened, or for one package only`() throws {
        let tree = try tree()
        let one = FakeCounter()
        var meters = [
            NodeMeter(tree.settings(), perf: { _ in nil }),
            NodeMeter(tree.settings(), perf: { $0.cpu == 0 ? one : nil }),
        ]
        #expect(meters[0].begin(at: .seconds(0)) == false)
        #expect(meters[1].begin(at: .seconds(0)) == false)
    }
}
