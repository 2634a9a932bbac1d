import Foundation
import Testing

/// Imports point inward: App ─▶ Runtime ─▶ Core (docs/ARCHITECTURE.md).
struct ImportTests {
    /// What each core target may import; none may import Foundation.
    static let core: [String: Set<String>] = [
        "ErgonModel": [],
        "ErgonManifest": ["ErgonModel", "Yams"],
        "ErgonPolicy": ["ErgonModel"],
        "ErgonPlanner": ["ErgonModel"],
        "ErgonCoordinator": ["ErgonModel"],
        "ErgonWorker": ["ErgonModel"],
        "ErgonMerge": ["ErgonModel"],
        "ErgonProvenance": ["ErgonModel", "Crypto"],
        "ErgonSimulation": [
            "ErgonModel", "ErgonCoordinator", "ErgonWorker", "ErgonProvenance", "ErgonAudit",
        ],
        "ErgonAudit": ["ErgonModel", "ErgonManifest", "ErgonMerge", "ErgonProvenance"],
    ]

    @Test(arguments: core.keys.sorted())
    func `a core target imports only what it may`(target: String) throws {
        let files = SourceTree.files(under: "Sources/Core/\(target)", endingIn: [".swift"])
        #expect(!files.isEmpty)
        let allowed = try #require(Self.core[target])
        for file in files {
            for module in imports(of: file) {
                #expect(allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test func `every core target is known here`() throws {
        let folder = SourceTree.root.appendingPathComponent("Sources/Core").path
        let targets = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(targets) == Set(Self.core.keys))
    }

    @Test func `nothing below imports what stands above`() {
        let services = ["ErgonCoordinatorService", "ErgonWorkerService", "ErgonCommands"]
        for file in SourceTree.files(under: "Sources", endingIn: [".swift"])
        where !file.path.hasPrefix("Sources/App/") {
            for module in imports(of: file) where services.contains(module) {
                Issue.record("\(file.path) imports \(module)")
            }
        }
    }

    @Test func `the audit never sees what it judges`() {
        for file in SourceTree.files(under: "Sources/Core/ErgonAudit", endingIn: [".swift"]) {
            #expect(!imports(of: file).contains("ErgonCoordinator"), "\(file.path)")
        }
    }

    private func imports(of file: SourceTree.File) -> [String] {
        file.lines.compactMap { line in
            let words = line.split(separator: " ").drop {
                ["package", "public"].contains($0) || $0.hasPrefix("@")
            }
            guard words.first == "import", let module = words.dropFirst().first else { return nil }
            return String(module)
        }
    }
}
