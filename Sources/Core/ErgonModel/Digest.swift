/// A SHA-256 digest: the name of content everywhere in Ergon.
package struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The bytes, eight to a word, the first ones the most significant.
    package private(set) var words: (UInt64, UInt64, UInt64, UInt64)

    /// The inverse of `words`.
    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// - Parameter bytes: exactly 32 bytes, or `nil` comes back.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        let there = bytes.withContiguousStorageIfAvailable {
            Self(from: UnsafeRawBufferPointer($0))
        }
        self = there ?? Array(bytes).withUnsafeBytes { Self(from: $0) }
    }

    private init(from bytes: UnsafeRawBufferPointer) {
        func word(_ place: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: place * 8, as: UInt64.self))
        }
        words = (word(0), word(1), word(2), word(3))
    }

    /// - Parameter hex: exactly 64 lower-case hexadecimal digits, or `nil` comes back.
    package init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        self.init(hex: digits, at: 0)
    }

    /// - Parameter text: has 64 lower-case hexadecimal digits from `start` on, or `nil` comes back.
    package init?(hex text: [UInt8], at start: Int) {
        guard start >= 0, text.count - start >= 64 else { return nil }
        func word(_ place: Int) -> UInt64? {
            let (high, low) = text.withUnsafeBytes { bytes in
                let offset = start + place * 16
                return (
                    bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                    bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
                )
            }
            guard let high = number(ofDigits: UInt64(bigEndian: high)),
                let low = number(ofDigits: UInt64(bigEndian: low))
            else { return nil }
            return UInt64(high) << 32 | UInt64(low)
        }
        guard let first = word(0), let second = word(1), let third = word(2), let last = word(3)
        else { return nil }
        words = (first, second, third, last)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for word in [words.0, words.1, words.2, words.3] { append(word, to: &bytes) }
        return bytes
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        appendHex(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Adds what `hex` is to a text.
    package func appendHex(to text: inout [UInt8]) {
        for word in [words.0, words.1, words.2, words.3] {
            append(digits(of: UInt32(truncatingIfNeeded: word >> 32)), to: &text)
            append(digits(of: UInt32(truncatingIfNeeded: word)), to: &text)
        }
    }

    package var description: String { hex }

    package static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }
    package static func < (left: Digest, right: Digest) -> Bool { left.words < right.words }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// Eight lower-case digits as text, the first one in the most significant byte: all at once, since
/// a log has very many digests.
private func digits(of number: UInt32) -> UInt64 {
    var nibbles = UInt64(number)
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff
    nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0f
    let letters = (nibbles + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    return nibbles + 0x3030_3030_3030_3030 + letters * 39
}

/// The inverse of `digits(of:)`; `nil` for anything that function does not give.
private func number(ofDigits text: UInt64) -> UInt32? {
    let letters = text >> 6 & 0x0101_0101_0101_0101
    var nibbles = text & 0x0f0f_0f0f_0f0f_0f0f &+ letters &* 9
    nibbles = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff
    nibbles = (nibbles | nibbles >> 8) & 0x0000_ffff_0000_ffff
    let number = UInt32(truncatingIfNeeded: nibbles | nibbles >> 16)
    return digits(of: number) == text ? number : nil
}

/// Adds the bytes of `word`, the most significant first.
private func append(_ word: UInt64, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: word.bigEndian) { bytes.append(contentsOf: $0) }
}

/// Two lower-case digits a byte.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.append(nibble + (nibble < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
