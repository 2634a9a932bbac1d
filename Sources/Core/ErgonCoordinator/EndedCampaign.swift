package import ErgonModel

/// What there is to say at once when a campaign has ended.
package struct EndedCampaign: Hashable, Sendable {
    package var name: String
    /// Tasks of all its steps and merges, as far as their number was known.
    package var tasks: Int
    package var done: Int
    /// From its acceptance to its seal.
    package var time: Microseconds
}

extension Coordinator {
    /// - Returns: `nil` unless it has ended.
    package func ended(_ id: CampaignID) -> EndedCampaign? {
        guard let state = campaigns[id], let sealed = state.sealedAt else { return nil }
        return EndedCampaign(
            name: state.campaign.name, tasks: state.stages.values.reduce(0) { $0 + $1.count },
            done: state.stages.values.reduce(0) { $0 + $1.done.count },
            time: sealed - state.accepted)
    }
}
