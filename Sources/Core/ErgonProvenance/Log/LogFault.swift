import ErgonModel

/// Where in the log something stands.
package struct LogPlace: Hashable, Sendable {
    /// The path of the segment file.
    package var segment: String
    /// Bytes from its start.
    package var offset: Int
    /// The record that stands there, or should.
    package var sequence: Int

    package init(segment: String, offset: Int, sequence: Int) {
        self.segment = segment
        self.offset = offset
        self.sequence = sequence
    }
}

/// Something in the log that must not be there.
package struct LogDamage: Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        case badHeader
        /// The header is another segment's than the name says.
        case misnamed
        /// What the header says of the records before it is not what they are.
        case notChained
        case badLength
        case badChecksum
        /// A segment that is not the last ends within a record.
        case endsEarly
        /// Records from the place's sequence number up to this one are not there.
        case missing(upTo: Int)
        /// The signed checkpoint has more records than the log.
        case shorterThanCheckpoint(size: Int)
        /// The records are not those of the signed checkpoint.
        case differsFromCheckpoint(size: Int)
        case unreadableCheckpoint(String)
        /// Of a tiled log: a file that must be there is not.
        case absent
        /// The records of a bundle cannot be told apart from the place's on.
        case badBundle
        /// A tile has not the length that its number of hashes asks for.
        case badTile
        /// A hash of a tile is not that of the records under it, which are right.
        case wrongTile(hash: Int)
        /// The record is not the one whose hash the tile has.
        case wrongRecord
    }

    package var place: LogPlace
    package var problem: Problem

    package init(place: LogPlace, problem: Problem) {
        self.place = place
        self.problem = problem
    }

    /// The records may be what they should; the checkpoint is another log's, or damaged.
    package var isOfCheckpoint: Bool {
        switch problem {
        case .shorterThanCheckpoint, .differsFromCheckpoint, .unreadableCheckpoint: true
        case .badHeader, .misnamed, .notChained, .badLength, .badChecksum, .endsEarly, .missing,
            .absent, .badBundle, .badTile, .wrongTile, .wrongRecord:
            false
        }
    }

    package var description: String {
        switch problem {
        case .badHeader: "the header of the segment is damaged"
        case .misnamed: "the segment is not the one that its name says"
        case .notChained: "the segment does not follow the records before it"
        case .badLength: "the length of record \(place.sequence) is damaged"
        case .badChecksum: "record \(place.sequence) does not have its checksum"
        case .endsEarly: "the segment ends within record \(place.sequence)"
        case .missing(let end): "records \(place.sequence) to \(end - 1) are missing"
        case .shorterThanCheckpoint(let size):
            "the log has \(place.sequence) records, its signed checkpoint \(size)"
        case .differsFromCheckpoint(let size):
            "the first \(size) records are not those of the signed checkpoint"
        case .unreadableCheckpoint(let reason): "the checkpoint cannot be read: \(reason)"
        case .absent: "the file is not there"
        case .badBundle: "record \(place.sequence) and what follows it cannot be told apart"
        case .badTile: "the tile does not have the length of its hashes"
        case .wrongTile(let hash): "hash \(hash) is not that of the records under it"
        case .wrongRecord: "record \(place.sequence) is not the one whose hash is here"
        }
    }
}

/// Why the log cannot be opened or written.
package enum LogFault: Actionable, Hashable, Sendable {
    case system(SystemFault)
    /// Another coordinator has it open.
    case locked(String)
    case damaged(LogDamage)
    /// A record has its checksum, but cannot be understood; thrown by whoever reads the records.
    case unreadable(LogPlace, problem: String)
    /// An earlier write failed: what is on disk is no longer known.
    case poisoned(SystemFault)
    /// This is not a checkpoint of the log as it is on disk.
    case notACheckpoint(String)

    package var place: String {
        switch self {
        case .system(let fault), .poisoned(let fault): fault.path
        case .locked(let folder): folder
        case .damaged(let damage): "\(damage.place.segment):\(damage.place.offset)"
        case .unreadable(let place, _): "\(place.segment):\(place.offset)"
        case .notACheckpoint(let path): path
        }
    }

    package var problem: String {
        switch self {
        case .system(let fault): fault.description
        case .locked: "another coordinator is using this log"
        case .damaged(let damage): damage.description
        case .unreadable(let place, let problem): "record \(place.sequence): \(problem)"
        case .poisoned(let fault): "an earlier write failed: \(fault.description)"
        case .notACheckpoint: "a checkpoint must be that of the log as it is on disk"
        }
    }

    package var remedy: String {
        switch self {
        case .system(let fault) where fault.isFull:
            "make room on the disk, then start the coordinator again"
        case .system: "put right what the system names, then start the coordinator again"
        case .locked: "stop the other coordinator, or give this one a folder of its own"
        case .damaged(let damage): damage.remedy
        case .unreadable: "use the version of ergon that wrote the log, or a newer one"
        case .poisoned: "start the coordinator again: it goes on from what is on disk"
        case .notACheckpoint: ""
        }
    }
}

extension LogDamage {
    fileprivate var remedy: String {
        let restore =
            "nothing was changed: restore the folder from a copy; `ergon log check` lists all "
            + "the damage"
        switch problem {
        case .differsFromCheckpoint, .unreadableCheckpoint, .absent, .badBundle, .badTile,
            .wrongTile, .wrongRecord:
            return restore
        case .badHeader, .misnamed, .notChained, .badLength, .badChecksum, .endsEarly, .missing,
            .shorterThanCheckpoint:
            return restore + ". What cannot be had back can be given up, with all that came after "
                + "it: ergon log repair --truncate-at \(place.sequence)"
        }
    }
}
