import ErgonManifest
import Testing

struct RequirementsFileTests {
    @Test func `names the lines that no worker checks`() {
        let text = """
            # Of the detector's simulation
            numpy==1.26.4
            onnx [all] == 1.16.0 \\
                --hash=sha256:0123
            scipy>=1.11  # newest
            PyYAML==6.0.1; python_version < "3.13"

            -r more.txt
            uproot
            pandas===2.2
            """
        let found = unpinnedLines(of: text)
        #expect(found.map(\.number) == [5, 8, 9, 10])
        #expect(found.map(\.line) == ["scipy>=1.11", "-r more.txt", "uproot", "pandas===2.2"])
    }
}
