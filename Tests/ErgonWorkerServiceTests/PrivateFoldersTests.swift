import ErgonModel
import ErgonSystem
import Foundation
import Testing

@testable import ErgonWorkerService

struct PrivateFoldersTests {
    @Test func `a folder that is as it was made serves again`() async throws {
        try await withFolder { parent in
            var folders = PrivateFolders(parent: parent)
            let (first, second) = (try folders.take(), try folders.take())
            #expect(first.path != second.path)
            try "left".write(toFile: first.path + "/out", atomically: false, encoding: .utf8)
            let isKept = folders.giveBack(first, without: ["out", "other"])
            let next = try folders.take()
            #expect(isKept && next == first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: first.path) == [])
        }
    }

    @Test(
        "one that is not as it was made is for nobody else",
        arguments: [
            "touch rest", "mkdir rest", "ln -s /tmp rest", "mkdir out", "chmod 755 .",
            "rmdir $PWD", "rmdir $PWD; mkdir $PWD", "mv $PWD $PWD.old; mkdir $PWD",
        ])
    func altered(command: String) async throws {
        try await withFolder { parent in
            var folders = PrivateFolders(parent: parent)
            let folder = try folders.take()
            let shell = Process()
            shell.executableURL = URL(filePath: "/bin/sh")
            shell.arguments = ["-c", command]
            shell.currentDirectoryURL = URL(filePath: folder.path)
            try shell.run()
            shell.waitUntilExit()
            let isKept = folders.giveBack(folder, without: ["out"])
            let next = try folders.take()
            #expect(!isKept && next.path != folder.path)
        }
    }

    @Test func `what comes into one that was never touched is noticed`() async throws {
        try await withFolder { parent in
            var folders = PrivateFolders(parent: parent)
            let folder = try folders.take()
            let end = steadyClock() + Microseconds(30_000)
            var isSame = folders.giveBack(folder, without: [])
            while isSame, steadyClock() < end {
                let next = try folders.take()
                let isKept = folders.giveBack(next, without: [])
                isSame = isKept && next == folder
            }
            #expect(isSame)
            _ = try folders.take()
            try "left".write(toFile: folder.path + "/rest", atomically: false, encoding: .utf8)
            let isKept = folders.giveBack(folder, without: [])
            #expect(!isKept)
        }
    }

    @Test func `without a place for it there is none`() async throws {
        try await withFolder { parent in
            var folders = PrivateFolders(parent: parent + "/missing")
            do throws(WorkplaceFault) {
                _ = try folders.take()
                Issue.record("a folder without a place")
            } catch {
                #expect(error.reason == "cannot make the task's folder: No such file or directory")
            }
        }
    }
}
