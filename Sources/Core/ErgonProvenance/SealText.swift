import ErgonModel

/// The members of a seal (`docs/LOG.md`, "campaign-sealed").
func members(of seal: SealedCampaign) -> [String: JSON] {
    [
        "campaign": exact(seal.id.number),
        "ending": .string(seal.ending.rawValue),
        "outputs": .array(seal.outputs.map(json)),
        "coverage": .array(seal.coverage.map(json)),
        "account": json(seal.account),
    ]
}

private func json(_ output: PublishedOutput) -> JSON {
    .object([
        "name": .string(output.name), "file": .string(output.file),
        "digest": .string(output.content.digest.hex), "size": exact(output.content.size.bytes),
        "missing": json(output.missing),
    ])
}

private func json(_ coverage: Coverage) -> JSON {
    .object([
        "step": .string(coverage.step), "source": .string(coverage.source),
        "unit": .string(coverage.unit), "declared": json(coverage.declared),
        "covered": json(coverage.covered),
        "gaps": .array(
            coverage.gaps.map { gap in
                .object(["range": json(gap.range), "reason": .string(gap.reason)])
            }),
    ])
}

private func json(_ account: Account) -> JSON {
    var members = ["succeeded": json(account.succeeded), "failed": json(account.failed)]
    if account.superseded != Account.Line() { members["superseded"] = json(account.superseded) }
    return .object(members)
}

/// Totals are strings, whatever their size: a sum of microjoules may pass 2^53.
private func json(_ line: Account.Line) -> JSON {
    var members: [String: JSON] = [
        "attempts": exact(line.attempts),
        "cpu": .string(String(line.cpu.count)), "wall": .string(String(line.wall.count)),
        "energy": .string(String(line.energy.microjoules)),
    ]
    if line.measured != .zero {
        members["measured"] = .string(String(line.measured.microjoules))
    }
    return .object(members)
}

extension Fields {
    /// The inverse of `members(of:)` for seals.
    mutating func seal() throws(RecordFault) -> SealedCampaign {
        var outputs: [PublishedOutput] = []
        for item in try array("outputs") { outputs.append(try output(item)) }
        var coverage: [Coverage] = []
        for item in try array("coverage") { coverage.append(try ErgonProvenance.coverage(item)) }
        return SealedCampaign(
            id: try campaign(), ending: try word("ending"), outputs: outputs,
            coverage: coverage, account: try account(try value("account")))
    }
}

private func output(_ value: JSON) throws(RecordFault) -> PublishedOutput {
    var fields = try Fields(value, "outputs")
    let output = PublishedOutput(
        name: try fields.string("name"), file: try fields.string("file"),
        content: StoredFile(
            digest: try fields.digest("digest"), size: ByteCount(try fields.int64("size"))),
        missing: try intervalSet(try fields.value("missing"), "missing"))
    try fields.finish()
    return output
}

private func coverage(_ value: JSON) throws(RecordFault) -> Coverage {
    var fields = try Fields(value, "coverage")
    var gaps: [Coverage.Gap] = []
    for item in try fields.array("gaps") {
        var gap = try Fields(item, "gaps")
        gaps.append(
            Coverage.Gap(
                range: try range(try gap.value("range"), "range"),
                reason: try gap.string("reason")))
        try gap.finish()
    }
    let coverage = Coverage(
        step: try fields.string("step"), source: try fields.string("source"),
        unit: try fields.string("unit"),
        declared: try range(try fields.value("declared"), "declared"),
        covered: try intervalSet(try fields.value("covered"), "covered"), gaps: gaps)
    try fields.finish()
    return coverage
}

private func account(_ value: JSON) throws(RecordFault) -> Account {
    var fields = try Fields(value, "account")
    var account = Account()
    account.succeeded = try line(try fields.value("succeeded"))
    account.failed = try line(try fields.value("failed"))
    if let value = fields.optional("superseded") { account.superseded = try line(value) }
    try fields.finish()
    return account
}

private func line(_ value: JSON) throws(RecordFault) -> Account.Line {
    var fields = try Fields(value, "account")
    var line = Account.Line(
        attempts: try fields.count("attempts"), cpu: Microseconds(try fields.int64("cpu")),
        wall: Microseconds(try fields.int64("wall")),
        energy: Joules(microjoules: try fields.int64("energy")))
    if let measured = fields.optional("measured") {
        guard let count = exactInteger(measured) else { throw .malformed("measured") }
        line.measured = Joules(microjoules: count)
    }
    try fields.finish()
    return line
}
