import ErgonModel
import Foundation
import Testing

@testable import ErgonEnergy

@Suite struct `What programs take of the processors` {
    @Test func `is that of the children, whether they run or have ended`() throws {
        let tree = FakeTree()
        func stat(_ process: Int, _ own: Int, _ awaited: Int) -> String {
            "\(process) (a (b) c) S 1 1 1 0 -1 0 0 0 0 0 \(own) 1 \(awaited) 2 20 0 1 0\n"
        }
        try tree.write("proc/7/stat", stat(7, 900, 30))
        try tree.write("proc/7/task/7/children", "8 9 ")
        try tree.write("proc/8/stat", stat(8, 40, 5))
        try tree.write("proc/8/task/8/children", "10")
        try tree.write("proc/10/stat", stat(10, 1, 0))
        let times = ProcessTimes(root: tree.folder.path)
        // Of 7 what it has waited for; of 8 and 10 all; 9 has just gone. A tick is 10 ms.
        #expect(times.ofChildren(of: 7) == Microseconds((32 + 41 + 7 + 2 + 2) * 10_000))
        #expect(times.ofChildren(of: 99) == .zero)
    }

    @Test func `is known of the whole node, by the microsecond or by ticks`() throws {
        let tree = FakeTree()
        let times = ProcessTimes(root: tree.folder.path)
        #expect(times.ofNode() == nil)
        try tree.write("proc/stat", "cpu  100 20 30 9999 40 5 6 7 0 0\ncpu0 1\n")
        #expect(times.ofNode() == Microseconds(161 * 10_000))
        try tree.write("sys/fs/cgroup/cpu.stat", "usage_usec 1234567\nuser_usec 1\n")
        #expect(times.ofNode() == Microseconds(1_234_567))
    }
}
