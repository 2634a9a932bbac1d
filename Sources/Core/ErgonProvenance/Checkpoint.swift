import ErgonModel

/// The root of the log at one size, as text that is signed (c2sp.org/tlog-checkpoint).
package struct Checkpoint: Hashable, Sendable {
    /// Which log: a URL without its scheme; no white space, no `+`.
    package var origin: String
    package var head: TreeHead

    /// - Precondition: `origin` may stand in a checkpoint.
    package init(origin: String, head: TreeHead) {
        precondition(isKeyName(origin), "origin \(origin)")
        self.origin = origin
        self.head = head
    }

    /// Three lines: origin, size, root.
    package var text: String {
        "\(origin)\n\(head.size)\n\(Base64.text(head.root.bytes))\n"
    }

    /// Exactly what `text` writes; extension lines are refused.
    package init(parsing text: String) throws(NoteFault) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 4, lines[3].isEmpty, isKeyName(lines[0]) else {
            throw .malformed("a checkpoint has three lines: origin, size and root")
        }
        guard let size = Int(lines[1]), size >= 0, String(size) == lines[1] else {
            throw .malformed("the size of a checkpoint is a decimal number")
        }
        guard let root = Base64.bytes(lines[2]).flatMap({ Digest(bytes: $0) }) else {
            throw .malformed("the root of a checkpoint is 32 bytes in base64")
        }
        self.init(origin: String(lines[0]), head: TreeHead(size: size, root: root))
    }
}

/// Whether `name` may name a key or a log: not empty, no white space or control character, no `+`
/// (c2sp.org/signed-note).
package func isKeyName(_ name: some StringProtocol) -> Bool {
    !name.isEmpty
        && name.unicodeScalars.allSatisfy {
            !$0.properties.isWhitespace && $0.value >= 0x20 && $0 != "+"
        }
}
