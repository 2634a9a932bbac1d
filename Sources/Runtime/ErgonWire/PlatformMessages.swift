import ErgonModel
import ErgonWireMessages
import Foundation

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
        return WorkerPlatform(
            kernel: shortened(kernel), threads: Int(threads), features: try digest(features),
            python: python.isEmpty
                ? nil
                : WorkerPlatform.Python(
                    version: shortened(python), packages: try digest(packages)))
    }
}
