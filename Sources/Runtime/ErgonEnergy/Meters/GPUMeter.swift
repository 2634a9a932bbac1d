import ErgonModel
import Glibc

/// NVIDIA's management library (NVML), as far as it tells of energy, loaded while the worker runs:
/// where it is not, there are no GPUs to meter.
package final class GPUDriver: Sendable {
    private typealias Plain = @convention(c) () -> CInt
    private typealias Count = @convention(c) (UnsafeMutablePointer<CUnsignedInt>) -> CInt
    private typealias Device =
        @convention(c) (
            CUnsignedInt, UnsafeMutablePointer<UnsafeMutableRawPointer?>
        ) -> CInt
    private typealias Energy =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafeMutablePointer<CUnsignedLongLong>
        ) -> CInt

    private let device: Device
    private let energy: Energy
    /// How many GPUs there are, at least one.
    let count: Int

    /// - Parameter library: its path, or its name where the system looks for libraries.
    package init?(library: String = "libnvidia-ml.so.1") {
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else { return nil }
        func symbol<Function>(_ name: String, _ type: Function.Type) -> Function? {
            dlsym(handle, name).map { unsafeBitCast($0, to: type) }
        }
        guard let begin = symbol("nvmlInit_v2", Plain.self),
            let number = symbol("nvmlDeviceGetCount_v2", Count.self),
            let device = symbol("nvmlDeviceGetHandleByIndex_v2", Device.self),
            let energy = symbol("nvmlDeviceGetTotalEnergyConsumption", Energy.self), begin() == 0
        else { return nil }
        var count: CUnsignedInt = 0
        guard number(&count) == 0, count > 0 else { return nil }
        (self.device, self.energy, self.count) = (device, energy, Int(count))
    }

    /// What a GPU has drawn since its driver was loaded, in millijoules; `nil` if it does not say.
    func millijoules(of index: Int) -> UInt64? {
        var (handle, value): (UnsafeMutableRawPointer?, CUnsignedLongLong) = (nil, 0)
        guard device(CUnsignedInt(index), &handle) == 0, energy(handle, &value) == 0 else {
            return nil
        }
        return UInt64(value)
    }
}

/// All GPUs of a node together.
struct GPUMeter: Sendable {
    private let driver: GPUDriver
    private var counters: [EnergyCounter]
    /// They move every 100 ms or so.
    private static let patience = Microseconds.seconds(5)
    /// More than one GPU ever draws.
    private static let mostPower = Watts(milliwatts: 3_000_000)

    init(_ driver: GPUDriver) {
        self.driver = driver
        counters = Array(
            repeating: EnergyCounter(mostPower: Self.mostPower, patience: Self.patience),
            count: driver.count)
    }

    /// Absent if none of them tells.
    mutating func sample(at time: Microseconds) -> MeterTelling {
        var (sum, gap, hasMoved, absent) = (Joules.zero, EnergyGap?.none, false, 0)
        for place in counters.indices {
            guard let value = driver.millijoules(of: place), value < 9_000_000_000_000_000 else {
                counters[place].forget()
                absent += 1
                continue
            }
            switch counters[place].tell(Int64(value) * 1000, range: .max, at: time) {
            case .measured(let energy): (sum, hasMoved) = (sum + energy, true)
            case .still: break
            case .unknown(let reason): gap = gap ?? reason
            case .absent: gap = gap ?? .absent
            }
        }
        if absent == counters.count { return .absent }
        if let gap = gap ?? (absent > 0 ? .absent : nil) { return .unknown(gap) }
        return hasMoved ? .measured(sum) : .still
    }
}
