import ArgumentParser
import ErgonCoordinatorService

struct GridArguments: ParsableArguments {
    @Option(
        help: """
            Sites, their nodes and signals, YAML (docs/ENERGY.md). Without it the coordinator is \
            asked for its own, and what of it is not spoken for.
            """,
        completion: .file())
    var grid: String?
    @Option(
        help: "A folder in which signals are looked for instead of beside the grid file.",
        completion: .directory)
    var signals: String?
}

extension GridArguments {
    /// `nil` if no grid file is named.
    func load() async throws -> LoadedGrid? {
        guard let grid else { return nil }
        return try await GridReader(grid: grid, signals: signals).load()
    }
}
