import ErgonCoordinatorService
import ErgonEnergy
import ErgonManifest
import ErgonModel
import ErgonSystem

/// Reads a grid file and its signals.
struct GridReader: Sendable {
    let grid: String
    /// A folder in which signals are looked for instead of beside the grid file.
    let signals: String?
    private let cache = SignalCache()

    init(grid: String, signals: String? = nil) {
        self.grid = grid
        self.signals = signals
    }

    /// The file alone, without its signals.
    func parsed() throws -> Grid {
        let text = try contents(of: grid, "the grid file")
        return try parseGrid(String(decoding: text, as: UTF8.self), file: grid)
    }

    /// A signal that cannot be read is noted and done without: no plan waits for one.
    func load() async throws -> LoadedGrid {
        var loaded = LoadedGrid(grid: try parsed(), carbon: [], price: [])
        for site in loaded.grid.sites {
            loaded.carbon.append(await source(site.carbon, readCarbon, &loaded.notes))
            loaded.price.append(await source(site.price, readPrices, &loaded.notes))
        }
        return loaded
    }

    private typealias Reader<Quantity: SignalQuantity> =
        ([UInt8], SignalFile) throws(SignalFault) -> Signal<Quantity>

    private func source<Quantity: SignalQuantity>(
        _ source: SignalSource<Quantity>?, _ read: Reader<Quantity>, _ notes: inout [String]
    ) async -> LoadedGrid.Source<Quantity> {
        switch source {
        case nil: return .absent
        case .constant(let value): return .constant(value)
        case .file(var file):
            switch file.place {
            case .path(let path):
                file.place = .path(self.path(of: path))
                return stored(file, read, &notes)
            case .url(let url, let headers):
                return await served(
                    file, url, headers.map { self.path(of: $0) }, read, &notes)
            }
        }
    }

    private func stored<Quantity: SignalQuantity>(
        _ file: SignalFile, _ read: Reader<Quantity>, _ notes: inout [String]
    ) -> LoadedGrid.Source<Quantity> {
        do {
            let bytes = try contents(of: file.place.text, "the signal")
            return .signal(try read(bytes, file), fetched: nil)
        } catch {
            notes.append("\(file.place.text): \(problem(error)): done without")
            return .absent
        }
    }

    /// What the service says, else what it last said.
    private func served<Quantity: SignalQuantity>(
        _ file: SignalFile, _ url: String, _ headers: String?, _ read: Reader<Quantity>,
        _ notes: inout [String]
    ) async -> LoadedGrid.Source<Quantity> {
        let now = systemClock()
        let kept = cache.kept(url)
        if let kept, cache.isFresh(kept, now: now), let signal = try? read(kept.bytes, file) {
            return .signal(signal, fetched: kept.fetched)
        }
        do {
            let bytes = try await cache.fetch(url, headers: headers)
            let signal = try read(bytes, file)
            if let trouble = cache.keep(bytes, of: url) { notes.append(trouble) }
            return .signal(signal, fetched: now)
        } catch {
            if let kept, let signal = try? read(kept.bytes, file) {
                notes.append(
                    "\(url): \(problem(error)): what it said at \(kept.fetched.minuteText) UTC "
                        + "stands in")
                return .signal(signal, fetched: kept.fetched)
            }
            notes.append("\(url): \(problem(error)): done without")
            return .absent
        }
    }

    private func problem(_ error: any Error) -> String {
        (error as? any Actionable)?.problem ?? "\(error)"
    }

    private func path(of file: String) -> String {
        if file.hasPrefix("/") { return file }
        let beside = grid.lastIndex(of: "/").map { String(grid[..<$0]) } ?? "."
        return "\(signals ?? beside)/\(file)"
    }

    /// The grid file, and those that it names: what may change while a coordinator runs.
    func files(of loaded: Grid) -> [String] {
        let places = loaded.sites.flatMap { [$0.carbon?.place, $0.price?.place] }
        return [grid]
            + places.compactMap(\.self).compactMap { place in
                if case .path(let path) = place { self.path(of: path) } else { nil }
            }
    }
}

extension SignalSource {
    fileprivate var place: SignalFile.Place? {
        if case .file(let file) = self { file.place } else { nil }
    }
}
