import ArgumentParser
import ErgonCoordinatorService

struct GridArguments: ParsableArguments {
    @Option(help: "Sites, their nodes and signals, YAML (docs/ENERGY.md).", completion: .file())
    var grid: String
    @Option(
        help: "A folder in which signals are looked for instead of beside the grid file.",
        completion: .directory)
    var signals: String?
}

extension GridArguments {
    func load() async throws -> LoadedGrid {
        try await GridReader(grid: grid, signals: signals).load()
    }
}
