package import ErgonEnergy
package import ErgonModel
import ErgonProvenance
import ErgonSystem
import FoundationEssentials
import Glibc

/// Looks what the tasks of this machine's worker will run on.
/// - Parameters:
///   - searchPath: of the tasks.
///   - folder: the worker's; a file is made in it for a moment.
package func platform(
    of host: HostFacts, searchPath: String, folder: String
) -> WorkerPlatform {
    WorkerPlatform(
        kernel: host.kernel, threads: host.nodeThreads, features: lines(host.features),
        python: python(searchPath: searchPath, folder: folder))
}

private func lines(_ lines: [String]) -> Digest {
    Digest(of: Array(lines.map { "\($0)\n" }.joined().utf8))
}

/// Its version, then its packages, a line each.
private let script = """
    import importlib.metadata as have, platform
    names = {f"{found.metadata['Name']}=={found.version}" for found in have.distributions()}
    print("\\n".join([platform.python_version(), *sorted(names)]))
    """

private func python(searchPath: String, folder: String) -> WorkerPlatform.Python? {
    let output = "\(folder)/python-\(getpid()).txt"
    defer { unlink(output) }
    do throws(StartFault) {
        let end = try runToEnd(
            ["python3", "-c", script], path: searchPath, folder: folder, output: output)
        guard end == .exit(0) else { return nil }
    } catch { return nil }  // there is none
    guard let said = FileManager.default.contents(atPath: output) else { return nil }
    let found = String(decoding: said, as: UTF8.self).split(separator: "\n").map(String.init)
    guard let version = found.first else { return nil }
    return WorkerPlatform.Python(version: version, packages: lines(Array(found.dropFirst())))
}
