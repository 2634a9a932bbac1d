import ErgonManifest
import ErgonModel
import Testing

/// Lists that become arguments, where the corpus has too few files to make them long.
@Suite struct LongListTests {
    /// What is wrong with a step over an input of so many files.
    private func problems(of step: String, files: Int) throws -> [String] {
        let manifest = try parseManifest(
            manifest(steps: "{s: \(step)}") + "inputs: {i: {files: '*.root'}}\n", file: "m.yaml")
        do {
            _ = try manifest.resolved { _ in
                .success(
                    (0..<files).map { number in
                        InputFile(
                            name: "\(number).root", digest: digest("\(number)"), size: ByteCount(1),
                            events: nil)
                    })
            }
            return []
        } catch {
            return error.errors.map(\.problem)
        }
    }

    @Test(arguments: [
        "{over: i, split: all, run: [s, '{inputs}']}",
        "{over: i, split: {files: 5000}, run: [s, '{inputs}']}",
        "{with: {w: i}, run: [s, '{with.w}']}",
    ])
    func `a command takes 4096 files and not one more`(step: String) throws {
        #expect(try problems(of: step, files: 4096) == [])
        let found = try problems(of: step, files: 4097)
        #expect(found.count == 1)
        #expect(
            found[0].hasSuffix("4097 files as arguments, and one command takes at most 4096"))
    }

    @Test(arguments: [
        "{over: i, split: {files: 4096}, run: [s, '{inputs}']}",
        "{over: i, split: {files: 5000}, run: [s, '{index}']}", "{over: i, run: [s, '{inputs}']}",
        "{with: {w: i}, run: [s]}",
    ])
    func `files that are no arguments, or those of another task, do not count`(step: String) throws
    {
        #expect(try problems(of: step, files: 10_000) == [])
    }

    @Test func `a campaign on record is read whatever its commands take`() throws {
        let text = manifest(
            steps: "{s: {split: {seeds: 20000, per-task: 20000}, run: [s, '{seeds}']}}")
        let written = canonicalForm(of: try campaign(of: text))
        let recorded = written.replacing("20000", with: "20001")
        #expect(canonicalForm(of: try parseCanonical(Array(recorded.utf8))) == recorded)
        #expect(errors(of: recorded).count == 1)
    }
}
