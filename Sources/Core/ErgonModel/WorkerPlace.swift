/// Where a worker stands, as whoever started it has said.
package struct WorkerPlace: Hashable, Comparable, Sendable {
    package var site: String
    /// Which of the site's classes of nodes it is one of. `nil`: nobody said, and no plan counts
    /// on it.
    package var nodeClass: String?

    package init(site: String, nodeClass: String?) {
        self.site = site
        self.nodeClass = nodeClass
    }

    package static func < (left: WorkerPlace, right: WorkerPlace) -> Bool {
        (left.site, left.nodeClass ?? "") < (right.site, right.nodeClass ?? "")
    }
}

extension Grid {
    /// Why there is no such place here, for whoever named it; `nil` if there is.
    package func lack(of place: WorkerPlace) -> String? {
        guard let site = sites.first(where: { $0.name == place.site }) else {
            return "the coordinator's grid has no site `\(place.site)`, but "
                + listed(sites.map(\.name))
        }
        guard let named = place.nodeClass, !site.nodes.contains(where: { $0.name == named }) else {
            return nil
        }
        return "site `\(site.name)` has no node class `\(named)`, but "
            + listed(site.nodes.map(\.name))
    }

    private func listed(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }
}
