/// The longest name of a file that a campaign reads, in bytes of UTF-8.
package let inputNameLimit = 200
/// The longest name of an output's file, in bytes of UTF-8: with a task's number or `.partial` it
/// is still the name of a file, and a hundred of them fit into a seal.
package let outputNameLimit = 128

/// Whether a file in a folder that Ergon makes may be called `name`: at most `limit` bytes, no
/// folder, and no character that a manifest cannot carry or a terminal would obey.
package func isFileName(_ name: String, atMost limit: Int) -> Bool {
    (1...limit).contains(name.utf8.count) && name != "." && name != ".."
        && !name.utf8.contains(UInt8(ascii: "/"))
        && name.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: ![0xFEFF, 0xFFFE, 0xFFFF].contains(scalar.value)
            }
        }
}
