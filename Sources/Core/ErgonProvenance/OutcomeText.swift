import ErgonModel

func json(_ outcome: Outcome) -> JSON {
    guard case .failed(let failure, let isFinal) = outcome else { return .string("succeeded") }
    var members: [String: JSON] = ["final": .bool(isFinal)]
    switch failure {
    case .exit(let code): members["exit"] = exact(code)
    case .signal(let number): members["signal"] = exact(number)
    case .timeLimit: members["timeLimit"] = .bool(true)
    case .missingOutput(let name): members["missingOutput"] = .string(name)
    case .notStarted(let reason): members["notStarted"] = .string(reason)
    case .workerLost: members["workerLost"] = .bool(true)
    case .stopped: members["stopped"] = .bool(true)
    }
    return .object(members)
}

/// The inverse of `json(_:)` for outcomes.
func outcome(_ value: JSON) throws(RecordFault) -> Outcome {
    if value == .string("succeeded") { return .succeeded }
    var fields = try Fields(value, "outcomes")
    guard let isFinal = try fields.value("final").bool,
        let key = value.object?.keys.first(where: { $0 != "final" })
    else { throw .malformed("outcomes") }
    let failure: Failure
    switch key {
    case "exit": failure = .exit(try fields.int(key))
    case "signal": failure = .signal(try fields.int(key))
    case "missingOutput": failure = .missingOutput(try fields.string(key))
    case "notStarted": failure = .notStarted(try fields.string(key))
    case "timeLimit": failure = try fields.flag(key, .timeLimit)
    case "workerLost": failure = try fields.flag(key, .workerLost)
    case "stopped": failure = try fields.flag(key, .stopped)
    default: throw .unknownKey(key)
    }
    try fields.finish()
    return .failed(failure, isFinal: isFinal)
}

extension Fields {
    /// What a failure without particulars is, if its member is `true`.
    fileprivate mutating func flag(
        _ key: String, _ failure: Failure
    ) throws(RecordFault) -> Failure {
        guard try value(key) == .bool(true) else { throw .malformed("outcomes") }
        return failure
    }
}
