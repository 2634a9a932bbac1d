import ErgonModel
import ErgonWireMessages
import FoundationEssentials

extension Ergon_V1_Platform {
    init(_ found: WorkerPlatform) {
        self.init()
        kernel = found.kernel
        threads = Int64(found.threads)
        features = Data(found.features.bytes)
        python = found.python?.version ?? ""
        packages = Data(found.python?.packages.bytes ?? [])
    }

    func found() throws(WireFault) -> WorkerPlatform {
        guard (1...1_048_576).contains(threads) else {
            throw WireFault(problem: "a machine with \(threads) threads")
        }
        var found = WorkerPlatform(
            kernel: shortened(kernel), threads: Int(threads), features: try digest(features),
            python: nil)
        if !python.isEmpty {
            found.python = WorkerPlatform.Python(
                version: shortened(python), packages: try digest(packages))
        }
        return found
    }
}
