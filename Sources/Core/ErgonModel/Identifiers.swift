/// The serial number of a `Kind`, counted from 0, that cannot be passed where another kind's is
/// meant.
package struct ID<Kind>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var number: Int

    package init(_ number: Int) { self.number = number }

    package static func < (left: ID, right: ID) -> Bool { left.number < right.number }
    package var description: String { String(number) }
}

/// A campaign in the order of acceptance by one coordinator, from 1.
package typealias CampaignID = ID<Campaign>

/// A worker by the name in its certificate; unique in one installation.
package struct WorkerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var name: String

    package init(_ name: String) { self.name = name }

    package static func < (left: WorkerID, right: WorkerID) -> Bool { left.name < right.name }
    package var description: String { name }
}

/// A lease by the coordinator's start that granted it and a serial number within that start.
/// No restart can issue one twice, so a result under a superseded lease is recognised.
package struct LeaseID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var epoch: Int
    package var serial: Int

    package init(epoch: Int, serial: Int) {
        self.epoch = epoch
        self.serial = serial
    }

    package static func < (left: LeaseID, right: LeaseID) -> Bool {
        (left.epoch, left.serial) < (right.epoch, right.serial)
    }
    package var description: String { "\(epoch)/\(serial)" }
}
