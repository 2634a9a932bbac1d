import ErgonModel
import ErgonWireMessages

/// Measured and modelled energy are never added up.
func energyText(measured: Joules, modelled: Joules) -> String {
    if measured == .zero { return "\(text(modelled)) modelled" }
    let rest = modelled == .zero ? "" : ", \(text(modelled)) modelled"
    return "\(text(measured)) measured\(rest)"
}

func energyText(_ account: Account) -> String {
    let lines = [account.succeeded, account.failed, account.superseded]
    return energyText(
        measured: lines.reduce(Joules.zero) { $0 + $1.measured },
        modelled: lines.reduce(Joules.zero) { $0 + $1.energy })
}

extension Ergon_V1_CampaignStatus {
    private var lines: [Ergon_V1_AccountLine] { [succeeded, failed, superseded] }

    var measured: Joules {
        lines.reduce(Joules.zero) { $0 + Joules(microjoules: $1.measuredMicrojoules) }
    }

    var modelled: Joules {
        lines.reduce(Joules.zero) { $0 + Joules(microjoules: $1.energyMicrojoules) }
    }

    /// - Parameter uncertainty: how wrong modelled energies may be, to stand behind one.
    func energyText(_ uncertainty: String) -> String {
        let kinds: [(name: String, all: Joules, of: (Ergon_V1_AccountLine) -> Int64)] = [
            ("measured", measured, \.measuredMicrojoules),
            ("modelled\(uncertainty)", modelled, \.energyMicrojoules),
        ]
        let shown = kinds.filter { $0.all != .zero }
        return (shown.isEmpty ? [kinds[1]] : shown).map { kind in
            "\(joulesText(kind.all.microjoules)) \(kind.name), of which failed attempts "
                + "\(joulesText(kind.of(failed))), superseded ones "
                + joulesText(kind.of(superseded))
        }.joined(separator: "\n")
    }
}

extension MeterAccount {
    var json: JSON {
        .object([
            "energyMicrojoules": .string("\(energy.microjoules)"),
            "dynamicMicrojoules": .string("\(dynamic.microjoules)"),
            "idleMicrojoules": .string("\(idle.microjoules)"),
            "unallocatedMicrojoules": .string("\(unallocated.microjoules)"),
            "remainderMicrojoules": .string("\(remainder.microjoules)"),
            "meteredMicroseconds": .string("\(metered.count)"),
            "droppedMicroseconds": .string("\(dropped.count)"), "droppedIntervals": .int(gaps),
        ])
    }
}
