import ErgonModel

/// Which campaigns the worker knows.
extension Worker {
    /// So many campaigns without work are kept, in case they have some again.
    static let mostIdleCampaigns = 16

    mutating func load(_ manifest: StoredFile, _ effects: inout [Effect]) {
        recent.removeAll { $0 == manifest.digest }
        recent.append(manifest.digest)
        switch campaigns[manifest.digest] {
        case nil, .failed:
            // A failure may pass: the next lease tries again.
            campaigns[manifest.digest] = .underWay
            effects.append(.load(manifest))
        case .underWay, .there: break
        }
    }

    /// Nothing of such a campaign has been started: its leases go back as they came.
    mutating func failLoading(
        _ digest: Digest, _ reason: String, _ effects: inout [Effect]
    ) {
        campaigns[digest] = .failed
        for id in leases.keys.sorted() {
            guard let held = leases[id], held.lease.manifest.digest == digest,
                held.isUntouched
            else { continue }
            decline(id, reason, &effects)
        }
    }

    /// The one that had a lease longest ago goes first.
    mutating func forgetIdleCampaigns(_ effects: inout [Effect]) {
        guard recent.count > Self.mostIdleCampaigns else { return }
        let busy = Set(leases.values.map(\.lease.manifest.digest) + active.values.map(\.manifest))
        let idle = recent.filter { digest in
            if case .underWay = campaigns[digest] { return false }
            return !busy.contains(digest)
        }
        for digest in idle.dropLast(Self.mostIdleCampaigns) {
            campaigns[digest] = nil
            proven[digest] = nil
            paces[digest] = nil
            recent.removeAll { $0 == digest }
            effects.append(.forget(.campaign(digest)))
        }
    }
}
