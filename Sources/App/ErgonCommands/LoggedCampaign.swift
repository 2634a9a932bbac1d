import ErgonModel

/// The campaign that somebody means by its number, its name (then the newest of that name) or
/// `last`, of those of a log. One that only repeats tasks of another has no name of its own.
/// - Parameter problem: what is said if it is not among them.
func logged<Found>(
    _ campaign: String, among all: [Found], by accepted: KeyPath<Found, AcceptedCampaign>,
    else problem: String
) throws -> Found {
    let found =
        all.last {
            let it = $0[keyPath: accepted]
            if "\(it.id)" == campaign { return true }
            return it.replay == nil && (campaign == "last" || it.name == campaign)
        }
    guard let found else {
        let known = all.map { "\($0[keyPath: accepted].id) (\($0[keyPath: accepted].name))" }
        throw CommandFault(
            place: campaign, problem: problem,
            remedy: known.isEmpty
                ? "there are none" : "there are " + known.joined(separator: ", "))
    }
    return found
}
