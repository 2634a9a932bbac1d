package import ErgonProvenance
import Glibc

/// A tiled log on this machine's disk.
package struct TileFolder: TileFiles, Sendable {
    package let folder: String
    /// For messages.
    package let place: String

    /// - Parameter origin: where its files are from, if that says more than the folder.
    package init(_ folder: String, from origin: String? = nil) {
        self.folder = folder
        place = origin ?? folder
    }

    package func content(of path: String) throws(SystemFault) -> [UInt8]? {
        guard let file = try openIfThere("\(folder)/\(path)") else { return nil }
        return try file.read(try file.size(), at: 0)
    }

    /// Makes a file, or puts it in the place of another: readers find the old one or the new one.
    /// It is on disk after the next `sync`.
    package func write(_ bytes: [UInt8], to path: String) throws(SystemFault) {
        let whole = "\(folder)/\(path)"
        let above = String(whole[..<(whole.lastIndex(of: "/") ?? whole.endIndex)])
        try makeFolders(above)
        let draft = whole + ".new"
        do throws(SystemFault) {
            let file = try OpenFile(draft, O_RDWR | O_CREAT | O_TRUNC)
            try file.write(bytes, at: 0)
            try rename(draft, to: whole)
        } catch {
            try? removeFile(draft)
            throw error
        }
    }

    /// Of a tile that is full now nobody needs what it was before.
    package func removeParts(of tile: TilePath) throws(SystemFault) {
        let parts = "\(folder)/\(tile.full.text).p"
        guard access(parts, F_OK) == 0 else { return }
        for name in try names(in: parts) { try removeFile("\(parts)/\(name)") }
        try retrying("remove the folder", parts) { rmdir(parts) }
    }

    /// Everything that was written is on disk.
    package func sync() throws(SystemFault) {
        try OpenFile(folder, O_RDONLY | O_DIRECTORY).syncFileSystem()
    }
}
