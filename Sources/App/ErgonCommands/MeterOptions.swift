import ArgumentParser
import ErgonEnergy

/// What a site says of a node's meters (`docs/ENERGY.md`, "Meters").
struct MeterOptions: ParsableArguments {
    /// One meter, or none.
    enum Named: Hashable, ExpressibleByArgument {
        case none
        case wall(String)
        case host(String)
        case command(String)

        init?(argument: String) {
            let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
            switch (parts.first, parts.count) {
            case ("none", 1): self = .none
            case ("wall", 2): self = .wall(parts[1])
            case ("host", 2): self = .host(parts[1])
            case ("command", 2): self = .command(parts[1])
            default: return nil
            }
        }
    }

    @Option(
        help: """
            What measures this node's energy, beside its own meters: wall:FILE and host:FILE are \
            counters in files (NUMBER UNIT, as in `17 J`), command:TEXT is run by the shell every \
            10 s and prints such a counter or a power (`213 W`). May be given more than once. \
            With `none`, all energy is modelled.
            """)
    var meter: [Named] = []
    @Option(
        help: "The folder under which the node's own files are, where that is not /.",
        completion: .directory)
    var meterRoot = "/"

    func validate() throws {
        if meter.contains(.none), meter.count > 1 {
            throw ValidationError("--meter none stands alone")
        }
    }

    /// `nil` if nothing is to be measured.
    var settings: NodeMeter.Settings? {
        if meter.contains(.none) { return nil }
        var settings = NodeMeter.Settings(root: meterRoot == "/" ? "" : absolute(meterRoot))
        for named in meter {
            switch named {
            case .none: break
            case .wall(let file): settings.wallFile = relative(file)
            case .host(let file): settings.hostFile = relative(file)
            case .command(let text): settings.command = text
            }
        }
        return settings
    }

    /// To the root.
    private func relative(_ file: String) -> String { String(file.drop { $0 == "/" }) }
}
