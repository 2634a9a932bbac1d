/// A failure that someone at a terminal can act on.
package protocol Actionable: Error {
    /// Where: `campaign.yaml:4:7`, a path, an address.
    var place: String { get }
    /// What is wrong, as a sentence without a full stop.
    var problem: String { get }
    /// What to do next; empty if nothing can be said.
    var remedy: String { get }
}
