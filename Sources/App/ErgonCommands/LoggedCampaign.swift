import ErgonModel

/// The campaign that somebody means by its number, its name (then the newest of that name) or
/// `last`, of those of a log.
/// - Parameter problem: what is said if it is not among them.
func logged<Found>(
    _ campaign: String, among all: [Found], by accepted: KeyPath<Found, AcceptedCampaign>,
    else problem: String
) throws -> Found {
    let found =
        campaign == "last"
        ? all.last
        : all.last {
            $0[keyPath: accepted].name == campaign || "\($0[keyPath: accepted].id)" == campaign
        }
    guard let found else {
        let known = all.map { "\($0[keyPath: accepted].id) (\($0[keyPath: accepted].name))" }
        throw CommandFault(
            place: campaign, problem: problem,
            remedy: "there are " + known.joined(separator: ", "))
    }
    return found
}
