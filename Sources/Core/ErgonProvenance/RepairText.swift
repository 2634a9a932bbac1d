import ErgonModel

func members(of givenUp: GivenUp) -> [String: JSON] {
    [
        "records": json(givenUp.records), "bytes": exact(givenUp.bytes),
        "actor": .string(givenUp.by),
    ]
}

extension Fields {
    /// The inverse of `members(of:)` for what a repair gave up.
    mutating func givenUp() throws(RecordFault) -> GivenUp {
        GivenUp(
            records: try range(try value("records"), "records"), bytes: try count("bytes"),
            by: try string("actor"))
    }
}
