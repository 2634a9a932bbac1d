/// A log that is read from its first record to its last, whatever form it has.
package protocol RecordSource {
    /// The signed checkpoint, if there is one that can be read.
    var checkpoint: SignedNote? { get }
    /// Of the records read so far; not to be relied on after damage.
    var head: TreeHead { get }
    /// - Returns: `nil` at the end of the log.
    /// - Throws: `system` if a file cannot be read.
    mutating func next() throws(LogFault) -> LogItem?
}

extension RecordLogReader: RecordSource {}
extension TiledLogReader: RecordSource {}
