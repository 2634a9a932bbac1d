import ErgonModel

func members(of facts: WorkerFacts) -> [String: JSON] {
    var members: [String: JSON] = [
        "worker": .string(facts.worker.name), "cpus": exact(facts.cpus),
        "memory": exact(facts.memory.bytes), "cpuModel": .string(facts.cpuModel),
        "power": .object([
            "source": .string(facts.power.source),
            "milliwattsPerThread": exact(facts.power.perThread.milliwatts),
            "uncertaintyPercent": exact(facts.power.uncertaintyPercent),
        ]),
    ]
    if let signing = facts.signing {
        members["signing"] = .object([
            "key": .string(Base64.text(signing.key)),
            "certificate": .string(Base64.text(signing.certificate)),
        ])
    }
    if let place = facts.place {
        members["site"] = .string(place.site)
        members["nodeClass"] = place.nodeClass.map(JSON.string)
    }
    if facts.custody != Custody() { members["custody"] = json(facts.custody) }
    members["platform"] = facts.platform.map(json)
    return members
}

private func json(_ platform: WorkerPlatform) -> JSON {
    var members: [String: JSON] = [
        "kernel": .string(platform.kernel), "threads": exact(platform.threads),
        "features": .string(platform.features.hex),
    ]
    members["python"] = platform.python.map { python in
        .object([
            "version": .string(python.version), "packages": .string(python.packages.hex),
        ])
    }
    return .object(members)
}

func members(of standing: Standing, of worker: WorkerID, by: String) -> [String: JSON] {
    var members: [String: JSON] = ["worker": .string(worker.name), "actor": .string(by)]
    switch standing {
    case .active: members["standing"] = .string("active")
    case .draining: members["standing"] = .string("draining")
    case .quarantined(let reason, let until):
        members["standing"] = .string("quarantined")
        members["reason"] = .string(reason)
        if let until { members["until"] = .string(until.timestamp) }
    }
    return members
}

extension Fields {
    /// The inverse of `members(of:)` for workers.
    mutating func facts() throws(RecordFault) -> WorkerFacts {
        var power = try Fields(try value("power"), "power")
        let model = PowerModel(
            source: try power.string("source"),
            perThread: Watts(milliwatts: try power.int64("milliwattsPerThread")),
            uncertaintyPercent: try power.count("uncertaintyPercent"))
        try power.finish()
        let signing = try optional("signing").map { value throws(RecordFault) in
            var signing = try Fields(value, "signing")
            let key = SigningKey(
                key: try signing.bytes("key"), certificate: try signing.bytes("certificate"))
            try signing.finish()
            return key
        }
        return WorkerFacts(
            worker: WorkerID(try string("worker")), cpus: try count("cpus"),
            memory: ByteCount(try int64("memory")), cpuModel: try string("cpuModel"), power: model,
            signing: signing, place: try place(),
            custody: try optional("custody").map(ErgonProvenance.custody) ?? Custody(),
            platform: try optional("platform").map(ErgonProvenance.platform))
    }

    private mutating func place() throws(RecordFault) -> WorkerPlace? {
        guard let site = try optionalString("site") else { return nil }
        return WorkerPlace(site: site, nodeClass: try optionalString("nodeClass"))
    }

    mutating func standing() throws(RecordFault) -> Standing {
        switch try string("standing") {
        case "active": return .active
        case "draining": return .draining
        case "quarantined":
            let until = try optional("until").map { value throws(RecordFault) in
                guard let time = value.string.flatMap({ Instant(timestamp: $0) }) else {
                    throw RecordFault.malformed("until")
                }
                return time
            }
            return .quarantined(reason: try string("reason"), until: until)
        default: throw .malformed("standing")
        }
    }
}

private func platform(_ value: JSON) throws(RecordFault) -> WorkerPlatform {
    var fields = try Fields(value, "platform")
    let python = try fields.optional("python").map { value throws(RecordFault) in
        var fields = try Fields(value, "python")
        let python = WorkerPlatform.Python(
            version: try fields.string("version"), packages: try fields.digest("packages"))
        try fields.finish()
        return python
    }
    let platform = WorkerPlatform(
        kernel: try fields.string("kernel"), threads: try fields.count("threads"),
        features: try fields.digest("features"), python: python)
    try fields.finish()
    return platform
}
