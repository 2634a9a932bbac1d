import CLinux
import Glibc

/// A file without a name, for reading and writing, on the file system of `folder`.
/// - Returns: its descriptor, or a negative error number.
package func namelessFile(in folder: String) -> CInt { ergon_nameless_file(folder) }

/// - Parameter descriptor: of a folder that is open for reading.
package func isEmptyFolder(_ descriptor: CInt) -> Bool { ergon_is_empty_folder(descriptor) != 0 }
