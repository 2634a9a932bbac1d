import ErgonModel
import ErgonStorage
import ErgonSystem
import FoundationEssentials
import Glibc

/// How a comparing program says that two files differ; Python itself ends with 1 or 2.
private let differs = 3

/// Compares two files whose form needs Python: `pyarrow` for Parquet, `uproot` for ROOT.
/// - Returns: what the program says about the first difference; `nil` if there is none.
func pythonDifference(
    _ format: Determinism.Format, _ left: String, _ right: String, _ tolerance: Double
) throws -> String? {
    let (status, said) = try run([
        "python3", "-c", script, format.rawValue, left, right, "\(tolerance)",
    ])
    switch status {
    case .exit(0): return nil
    case .exit(differs): return said
    case .exit, .signal:
        throw CommandFault(
            place: format.rawValue, problem: "the contents cannot be compared: \(said)",
            remedy: "python3 needs numpy, and pyarrow for Parquet or uproot for ROOT files",
            exit: Exit.no)
    }
}

/// Compares two files by the campaign's own program: 0 says that they are alike.
func ownDifference(
    _ command: [Template], _ left: String, _ right: String, code: [InputFile],
    _ store: ContentStore
) throws -> String? {
    let folder = "\(FileManager.default.temporaryDirectory.path)/ergon-compare-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for file in code {
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/\(file.name)", withDestinationPath: store.path(of: file.digest))
    }
    let arguments = command.flatMap { argument in
        argument.expanded { hole in hole == .inputs ? [left, right] : [folder] }
    }
    let (status, said) = try run(arguments)
    switch status {
    case .exit(0): return nil
    case .exit(let code): return "`\(arguments[0])` exits with \(code): \(said)"
    case .signal(let number):
        throw CommandFault(
            place: arguments[0], problem: "the comparison was ended by signal \(number)",
            remedy: "run it by hand with \(left) and \(right)", exit: Exit.no)
    }
}

private func run(_ arguments: [String]) throws -> (ProcessExit.Status, said: String) {
    let path =
        "\(FileManager.default.temporaryDirectory.path)/ergon-compare-\(UUID().uuidString).log"
    let output = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    defer {
        close(output)
        unlink(path)
    }
    let environment = ProcessInfo.processInfo.environment
    do throws(StartFault) {
        let process = try spawn(
            CStrings(arguments),
            environment: CStrings(environment.map { "\($0.key)=\($0.value)" }),
            path: environment["PATH"] ?? "", folder: FileManager.default.currentDirectoryPath,
            output: output)
        close(process.watch)
        let status = reap(process.number).status
        let said = String(decoding: (try? readFile(path)) ?? [], as: UTF8.self)
        return (status, String(said.suffix(500)).trimmed)
    } catch {
        throw CommandFault(
            place: arguments[0], problem: "it cannot be started: \(error.reason)",
            remedy: "it has to be on the PATH", exit: Exit.no)
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = Substring(self)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

/// Branch by branch and column by column; numbers within the tolerance, all else the same.
private let script = """
    import sys
    import numpy

    format, left, right, tolerance = *sys.argv[1:4], float(sys.argv[4])

    def differ(text):
        print(text)
        sys.exit(\(differs))

    def compare(place, one, other):
        if one.dtype.kind in "fc" and one.shape == other.shape:
            bound = tolerance * numpy.maximum(abs(one), abs(other))
            alike = (one == other) | (abs(one - other) <= bound)
            alike |= numpy.isnan(one) & numpy.isnan(other)
        elif one.shape == other.shape:
            alike = one == other
        else:
            differ(f"{place}: {one.shape} and {other.shape} values")
        wrong = numpy.flatnonzero(~numpy.atleast_1d(alike))
        if len(wrong):
            at = int(wrong[0])
            differ(f"{place}: value {at}: {one.flat[at]} and {other.flat[at]}")

    def parquet(path):
        import pyarrow.parquet
        table = pyarrow.parquet.read_table(path)
        for name in table.column_names:
            yield name, numpy.asarray(table.column(name).to_pylist())

    def root(path):
        import uproot
        with uproot.open(path) as file:
            for key in sorted(file.keys(recursive=True, cycle=False)):
                thing = file[key]
                if hasattr(thing, "keys") and hasattr(thing, "num_entries"):
                    for branch in sorted(thing.keys()):
                        array = thing[branch].array(library="np")
                        if array.dtype == object:
                            array = numpy.concatenate([numpy.asarray(a).ravel() for a in array])
                        yield f"{key}/{branch}", array
                elif hasattr(thing, "values") and hasattr(thing, "axes"):
                    yield f"{key} values", numpy.asarray(thing.values(flow=True))
                    variances = thing.variances(flow=True)
                    if variances is not None:
                        yield f"{key} variances", numpy.asarray(variances)

    read = {"parquet": parquet, "root": root}[format]
    one, other = dict(read(left)), dict(read(right))
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            differ(f"{name} is in one of them")
        compare(name, one[name], other[name])
    """
