import ErgonModel

/// A digest for tests, in place of SHA-256.
func digest(_ bytes: [UInt8]) -> Digest {
    var (state, words): (UInt64, [UInt8]) = (0xCBF2_9CE4_8422_2325, [])
    for position in 0..<32 {
        for byte in bytes + [UInt8(position)] {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        words.append(UInt8(truncatingIfNeeded: state >> 32))
    }
    guard let digest = Digest(bytes: words) else { fatalError("32 bytes are a digest") }
    return digest
}

/// Content for tests, different for different words.
func content(_ word: String) -> StoredFile {
    StoredFile(digest: digest(Array(word.utf8)), size: ByteCount(Int64(word.utf8.count)))
}
