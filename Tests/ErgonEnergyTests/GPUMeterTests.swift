import ErgonModel
import Foundation
import Testing

@testable import ErgonEnergy

@Suite struct `The meter of GPUs` {
    /// A library like NVIDIA's, with two GPUs whose counters come from a file.
    private func library(_ tree: FakeTree) throws -> String {
        let source = """
            #include <stdio.h>
            int nvmlInit_v2(void) { return 0; }
            int nvmlDeviceGetCount_v2(unsigned *count) { *count = 2; return 0; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
                *device = (void *)(long)(index + 1);
                return 0;
            }
            int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *energy) {
                FILE *file = fopen("\(tree.folder.path)/gpus", "r");
                unsigned long long values[2];
                if (!file) return 3;
                int read = fscanf(file, "%llu %llu", &values[0], &values[1]);
                fclose(file);
                if (read != 2) return 3;
                *energy = values[(long)device - 1];
                return 0;
            }
            """
        try tree.write("nvml.c", source)
        let path = "\(tree.folder.path)/libnvidia-ml.so.1"
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments =
            ["clang", "-shared", "-fPIC", "-o", path, "\(tree.folder.path)/nvml.c"]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0, "no C compiler")
        return path
    }

    @Test func `is added to that of the processors, and their sum is never too small`() throws {
        let tree = FakeTree()
        let rapl = "sys/class/powercap/intel-rapl:0"
        try tree.write("\(rapl)/name", "package-0\n")
        try tree.write("\(rapl)/max_energy_range_uj", "262143328850\n")
        let driver = try #require(GPUDriver(library: try library(tree)))
        var meter = NodeMeter(tree.settings(), gpus: driver)
        func sample(_ second: Int64, _ gpus: String?) throws -> ReportedInterval.Reading? {
            try tree.write("\(rapl)/energy_uj", "\(second * 100_000_000 + 1)")
            if let gpus { try tree.write("gpus", gpus) } else { try? tree.write("gpus", nil) }
            return meter.sample(at: .seconds(second))
        }
        #expect(try sample(0, "5000 7000") == .dropped(.begins))
        #expect(
            try sample(1, "255000 57000")
                == .measured(Joules(microjoules: 400_000_000), by: .raplWithGPUs))
        #expect(try sample(2, "355000 47000") == .dropped(.tooMuch))
        #expect(
            try sample(3, nil) == .measured(Joules(microjoules: 100_000_000), by: .rapl))
    }

    @Test func `is not there without its library`() {
        #expect(GPUDriver(library: "/nowhere/libnvidia-ml.so.1") == nil)
    }
}
