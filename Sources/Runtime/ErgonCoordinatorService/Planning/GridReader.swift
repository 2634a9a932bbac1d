package import ErgonEnergy
import ErgonManifest
package import ErgonModel
import FoundationEssentials

/// Sites with what is known of how clean and how dear their power is.
package struct LoadedGrid: Sendable {
    package enum Source<Quantity: SignalQuantity>: Sendable {
        case constant(Quantity)
        case signal(Signal<Quantity>, file: String)
        /// Its file could not be used, or there is none.
        case absent
    }

    package var grid: Grid
    /// For each site.
    package var carbon: [Source<CarbonIntensity>]
    package var price: [Source<EnergyPrice>]
    /// What people should know of signals that could not be read.
    package var notes: [String] = []

    /// When the signals begin and end that all sites have; `nil` if there are none.
    package var known: Range<Instant>? {
        let spans = carbon.compactMap(\.span) + price.compactMap(\.span)
        guard let start = spans.map(\.lowerBound).max(), let end = spans.map(\.upperBound).min(),
            start < end
        else { return nil }
        return start..<end
    }
}

extension LoadedGrid.Source {
    var span: Range<Instant>? {
        if case .signal(let signal, _) = self { signal.span } else { nil }
    }

    func forecast(
        yearly: Quantity?, start: Instant, slot: Microseconds, slots: Int
    ) -> Forecast<Quantity> {
        switch self {
        case .constant(let value): Forecast(constant: value, slots: slots)
        case .signal(let signal, _):
            Forecast(signal, yearly: yearly, start: start, slot: slot, slots: slots)
        case .absent:
            Forecast(Signal([]), yearly: yearly, start: start, slot: slot, slots: slots)
        }
    }
}

/// Reads a grid file and its signals.
package struct GridReader: Sendable {
    package let grid: String
    /// A folder in which signals are looked for instead of beside the grid file.
    package let signals: String?

    package init(grid: String, signals: String? = nil) {
        self.grid = grid
        self.signals = signals
    }

    /// A signal that cannot be read is noted and done without: no plan waits for one.
    package func load() throws -> LoadedGrid {
        let text = try contents(of: grid, "the grid file")
        let parsed = try parseGrid(String(decoding: text, as: UTF8.self), file: grid)
        var loaded = LoadedGrid(grid: parsed, carbon: [], price: [])
        for site in parsed.sites {
            loaded.carbon.append(source(site.carbon, readCarbon, &loaded.notes))
            loaded.price.append(source(site.price, readPrices, &loaded.notes))
        }
        return loaded
    }

    /// The grid file, and those that it names.
    func files(of loaded: Grid) -> [String] {
        [grid]
            + loaded.sites.flatMap { site in
                [site.carbon?.path, site.price?.path].compactMap(\.self).map { path(of: $0) }
            }
    }

    private func source<Quantity: SignalQuantity>(
        _ source: SignalSource<Quantity>?,
        _ read: ([UInt8], SignalFile) throws(SignalFault) -> Signal<Quantity>,
        _ notes: inout [String]
    ) -> LoadedGrid.Source<Quantity> {
        switch source {
        case nil: return .absent
        case .constant(let value): return .constant(value)
        case .file(var file):
            file.path = path(of: file.path)
            do {
                let bytes = try contents(of: file.path, "the signal")
                return .signal(try read(bytes, file), file: file.path)
            } catch {
                let fault = error as? any Actionable
                notes.append("\(file.path): \(fault?.problem ?? "\(error)"): done without")
                return .absent
            }
        }
    }

    private func path(of file: String) -> String {
        if file.hasPrefix("/") { return file }
        let beside = grid.lastIndex(of: "/").map { String(grid[..<$0]) } ?? "."
        return "\(signals ?? beside)/\(file)"
    }
}

/// - Parameter what: for messages: `the grid file`.
package func contents(of path: String, _ what: String) throws(UnreadableFile) -> [UInt8] {
    do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
        throw UnreadableFile(place: path, problem: "\(what) cannot be read")
    }
}

/// A file that a command was told to read cannot be.
package struct UnreadableFile: Actionable {
    package var place: String
    package var problem: String
    package var remedy: String { "check the path" }
}

extension SignalSource {
    fileprivate var path: String? { if case .file(let file) = self { file.path } else { nil } }
}
