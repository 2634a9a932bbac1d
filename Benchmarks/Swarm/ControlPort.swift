import ErgonModel
import FoundationEssentials

/// Where the coordinator of this home listens.
func controlPort(in home: String) throws -> Int {
    let path = "\(home)/coordinator.json"
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    guard let port = try JSON(parsing: bytes)["control"]?.integer else {
        throw NoPort(path: path)
    }
    return Int(port)
}

private struct NoPort: Error {
    var path: String
}
