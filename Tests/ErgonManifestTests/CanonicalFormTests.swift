import ErgonManifest
import ErgonModel
import Testing

@Suite struct CanonicalFormTests {
    /// Reads a canonical form; nothing may be looked up for it.
    private func reread(_ text: String) throws -> Campaign {
        let manifest = try parseManifest(text, file: "canonical.json", limits: .canonical)
        #expect(manifest.lookups == [])
        return try manifest.resolved { lookup in
            Issue.record("looked up \(lookup)")
            return .success([])
        }
    }

    @Test(arguments: Corpus.valid)
    func `the canonical form of a manifest reads back as itself`(name: String) throws {
        let campaign = try campaign(of: Corpus.text(of: name))
        let text = canonicalForm(of: campaign)
        let again = try reread(text)
        #expect(again == campaign)
        #expect(canonicalForm(of: again) == text)
    }

    @Test(arguments: UInt64(1)...200)
    func `any campaign survives its canonical form`(seed: UInt64) throws {
        var campaigns = RandomCampaigns(seed: seed)
        let campaign = campaigns.next()
        let text = canonicalForm(of: campaign)
        let again = try reread(text)
        #expect(again == campaign, "seed \(seed): \(text)")
        #expect(canonicalForm(of: again) == text, "seed \(seed)")
    }

    @Test func `a canonical form is JSON on one line with sorted keys`() throws {
        let campaign = try campaign(of: Corpus.text(of: "valid/every-key"))
        let text = canonicalForm(of: campaign)
        let json = try JSON(parsing: text.utf8)
        #expect(json.text() == text)
    }

    @Test func `the order of keys, comments and defaults do not change the campaign's identity`()
        throws
    {
        let short = try campaign(of: manifest(steps: "{s: {run: [s, '1']}}"))
        let long = try campaign(
            of: """
                # The same, at length.
                steps:
                  s:
                    retry:
                      lost-workers: 3
                      grow-memory: 1.00
                      after-time-limit: true
                      give-up-on: []
                      backoff: 1 s
                      attempts: 3
                    resources: {limit: 1 d, memory: 1024 MiB, cpus: 1}
                    run: [s, 1]
                seed: 0
                metadata: {name: sample}
                kind: Campaign
                apiVersion: ergon/v1
                """)
        #expect(canonicalForm(of: short) == canonicalForm(of: long))
    }

    @Test func `one other byte in a file is another campaign`() throws {
        let text = try Corpus.text(of: "valid/known-files")
        let other = text.replacing("0a0a0a0a0a", with: "0a0a0b0a0a")
        #expect(
            canonicalForm(of: try campaign(of: text)) != canonicalForm(of: try campaign(of: other)))
    }

    @Test(arguments: [
        ("120 s", "120 s"), ("2 min", "120 s"), ("250 ms", "0.25 s"), ("1.5 h", "5400 s"),
        ("36 d", "3110400 s"), ("0.001 ms", "0.000001 s"), ("90min", "5400 s"), ("1.10 s", "1.1 s"),
    ])
    func `a time has one canonical form`(written: String, canonical: String) throws {
        let text = manifest(steps: "{s: {run: [s], resources: {time: \(written), limit: 40 d}}}")
        let json = try JSON(parsing: canonicalForm(of: campaign(of: text)).utf8)
        #expect(json["steps"]?["s"]?["resources"]?["time"]?.string == canonical)
    }

    @Test(arguments: [
        ("1 B", 1), ("4 GB", 4_000_000_000), ("4 GiB", 4 << 30), ("0.5 KiB", 512), ("1kB", 1000),
        ("1024 TiB", 1 << 50),
    ])
    func `a size has one canonical form`(written: String, bytes: Int64) throws {
        let text = manifest(steps: "{s: {run: [s], resources: {memory: \(written)}}}")
        let campaign = try campaign(of: text)
        #expect(campaign.steps[0].resources.memory == ByteCount(bytes))
        let json = try JSON(parsing: canonicalForm(of: campaign).utf8)
        #expect(json["steps"]?["s"]?["resources"]?["memory"]?.string == "\(bytes) B")
    }

    @Test func `ten thousand files fit in a canonical form`() throws {
        let known = try campaign(of: Corpus.text(of: "valid/known-files"))
        var campaign = known
        campaign.inputs[0].files = (0..<10_000).map { number in
            let name = "events-\(100_000 + number).csv"
            return InputFile(name: name, digest: digest(name), size: ByteCount(7), events: number)
        }
        let text = canonicalForm(of: campaign)
        #expect(text.utf8.count > ManifestLimits.written.bytes)
        #expect(try reread(text) == campaign)
    }
}
