import ErgonSystem
import Testing

@testable import ErgonWorkerService

struct TaskEnvironmentTests {
    @Test func `a task has what the manifest asks for, its number and its folder`() {
        let environment = TaskEnvironment(["B": "2", "ERGON_STAGE": "one"], path: "/bin")
        #expect(
            strings(environment.text(of: 7, in: "/tasks/3")) == [
                "B=2", "ERGON_STAGE=one", "LANG=C.UTF-8", "PATH=/bin", "HOME=/tasks/3",
                "TMPDIR=/tasks/3", "ERGON_FOLDER=/tasks/3", "ERGON_TASK=7",
            ])
    }

    @Test func `the manifest has the last word, but for the folder's name`() {
        let variables = ["HOME": "/else", "PATH": "/opt", "LANG": "de", "ERGON_FOLDER": "x"]
        let environment = TaskEnvironment(variables, path: "/bin")
        #expect(
            strings(environment.text(of: nil, in: "/tasks/3")) == [
                "HOME=/else", "LANG=de", "PATH=/opt", "TMPDIR=/tasks/3", "ERGON_FOLDER=/tasks/3",
            ])
    }

    @Test func `strings come to C as they are`() {
        let words = CStrings(["", "a", "größer"])
        #expect(strings(words) == ["", "a", "größer"])
        #expect(words.byteCount == 12 && words.longest == 8)
        #expect(CStrings([]).longest == 0)
    }

    private func strings(_ text: CStrings) -> [String] { (0..<text.count).map { text[$0] } }
}
