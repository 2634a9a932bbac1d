import ErgonModel

/// Content for tests, different for different words.
func content(_ word: String) -> StoredFile {
    var (state, bytes): (UInt64, [UInt8]) = (0xCBF2_9CE4_8422_2325, [])
    for position in 0..<32 {
        for byte in word.utf8 + [UInt8(position)] {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        bytes.append(UInt8(truncatingIfNeeded: state >> 32))
    }
    guard let digest = Digest(bytes: bytes) else { fatalError("32 bytes are a digest") }
    return StoredFile(digest: digest, size: ByteCount(Int64(word.utf8.count)))
}

/// What a stage leaves for each task: `gen.events` of the work, `gen.events/2` of a merge.
func outputNames(of stage: Stage, in campaign: Campaign) -> [String] {
    let step = campaign.steps[stage.step]
    guard stage.part == .work else { return [stage.name(in: campaign)] }
    return step.outputs.map { "\(step.name).\($0.name)" }
}

/// What one task leaves, the same whoever ran it.
func outputs(of stage: Stage, task: Int, in campaign: Campaign) -> [StoredFile] {
    outputNames(of: stage, in: campaign).map { content("\($0):\(task)") }
}
