import ErgonManifest
import ErgonModel
import Testing

@Suite struct `A grid file` {
    private let sound = """
        apiVersion: ergon/v1
        kind: Grid
        slot: 30 min
        sites:
          north:
            pue: 1.25
            power-cap: 20 kW
            zone: GB
            carbon: {file: carbon.json, format: carbon-intensity-gb}
            price: {file: prices.csv, column: day-ahead}
            nodes:
              old: {count: 4, cores: 16, memory: 64 GiB, idle: 80.5 W, core: 6 W}
              gpu: {count: 2, cores: 32, memory: 256 GiB, gpus: 4, gpu: 250 W, speed: 1.3,
                    idle: 150 W, core: 3.5 W, node-hour: 1.20 /h, suspend: false}
          here:
            inputs: [muons]
            carbon: 300 g/kWh
            price: {url: "https://prices.example/v1?zone=DE", headers: token, format: entsoe}
            nodes: {one: {count: 1, cores: 8, memory: 16 GiB, idle: 20 W, core: 5 W, start: 8 Wh}}
        links:
          - {from: north, to: here, bandwidth: 10 Gbit/s, energy: 50 Wh/GB, price: 2 /TB}
          - {to: north}
        """

    @Test func `is read with all its units`() throws {
        let grid = try parseGrid(sound, file: "grid.yaml")
        #expect(grid.slot == .seconds(1800))
        #expect(grid.sites.map(\.name) == ["here", "north"])
        let (here, north) = (grid.sites[0], grid.sites[1])
        #expect(here.powerUsageEffectiveness == 1 && here.powerCap == nil)
        #expect(
            here.carbon == .constant(CarbonIntensity(microgramsPerKilowattHour: 300_000_000)))
        #expect(
            here.price
                == .file(
                    SignalFile(
                        place: .url("https://prices.example/v1?zone=DE", headers: "token"),
                        format: .entsoe, column: nil, basis: .average)))
        #expect(here.inputs == ["muons"])
        #expect(here.nodes[0].startEnergy == Joules(microjoules: 8 * 3_600_000_000))
        #expect(
            grid.links == [
                LinkSpec(
                    from: "north", to: "here", bytesPerSecond: ByteCount(1_250_000_000),
                    energyPerGigabyte: Joules(microjoules: 180_000_000_000),
                    pricePerGigabyte: Money(millionths: 2000)),
                LinkSpec(
                    from: nil, to: "north", bytesPerSecond: nil,
                    energyPerGigabyte: LinkSpec.usualEnergyPerGigabyte, pricePerGigabyte: .zero),
            ])
        #expect(here.nodes[0].tenure == .owned && here.nodes[0].maySuspend)
        #expect(north.powerUsageEffectiveness == 1.25 && north.zone == "GB")
        #expect(north.powerCap == Watts(milliwatts: 20_000_000))
        #expect(
            north.carbon
                == .file(
                    SignalFile(
                        place: .path("carbon.json"), format: .carbonIntensityGB, column: nil,
                        basis: .average)))
        #expect(
            north.price
                == .file(
                    SignalFile(
                        place: .path("prices.csv"), format: .csv, column: "day-ahead",
                        basis: .average)))
        #expect(north.nodes.map(\.name) == ["gpu", "old"])
        #expect(north.nodes[1].idle == Watts(milliwatts: 80_500))
        let gpu = north.nodes[0]
        #expect(gpu.gpus == 4 && gpu.perGPU == Watts(milliwatts: 250_000) && gpu.speed == 1.3)
        #expect(gpu.tenure == .rented(perHour: Money(millionths: 1_200_000)))
        #expect(!gpu.maySuspend)
    }

    @Test func `says everything that is wrong with it at once, and what was meant`() {
        let text = """
            apiVersion: ergon/v1
            kind: Campaign
            slots: 1 h
            sites:
              north:
                puee: 1.4
                power-cap: 20
                carbon: {file: x, format: electricitymaps, column: y}
                nodes:
                  old: {count: 0, cores: 16, memory: 64 GiB, idle: 3 kw, core: 6 W, gpu: 9 W}
            """
        let found = #expect(throws: ManifestErrors.self) {
            try parseGrid(text, file: "grid.yaml")
        }
        #expect(
            found.map { render($0) } == """
                grid.yaml:2:7: `kind` is the text `Campaign`
                    this program reads `kind: Grid`
                grid.yaml:3:1: unknown key `slots`
                    did you mean `slot`?
                grid.yaml:6:5: unknown key `puee`
                    did you mean `pue`?
                grid.yaml:7:16: `power-cap`: the number `20` has no unit
                    write a number and its unit, such as `3.5 W`; units: mW, W, kW, MW
                grid.yaml:8:31: `format` cannot be `electricitymaps`
                    did you mean `electricity-maps`?
                grid.yaml:10:20: `count`: `0` is out of range
                    an integer from 1 to 10000000
                grid.yaml:10:56: `idle`: unknown unit `kw`
                    did you mean `3 kW`?
                grid.yaml:10:73: `gpu` without `gpus`
                    add `gpus: 4`
                """)
    }

    @Test(
        arguments: [
            ("", "the manifest is empty"), ("sites: {}", "`sites` is empty"),
            ("sites: {a: {nodes: {}}}", "`nodes` is empty"),
            ("sites: {a: {}}", "site `a` has no `nodes`"),
            ("sites: {1a: {nodes: {}}}", "`1a` is not a name for a site"),
            ("sites: {a: {pue: 0.9, nodes: {}}}", "`pue`: `0.9` is out of range"),
            ("sites: {a: {carbon: 300, nodes: {}}}", "`carbon`: the number `300` has no unit"),
            ("sites: {a: {price: {format: entsoe}, nodes: {}}}", "`price` has no `file`"),
            (
                "sites: {a: {price: {url: ftp://x}, nodes: {}}}",
                "`url`: `ftp://x` is no address of a service"
            ),
            (
                "sites: {a: {price: {file: x, url: https://x}, nodes: {}}}",
                "`file` beside `url`"
            ),
            (
                "sites: {a: {price: {url: http://x, headers: y}, nodes: {}}}",
                "`headers` with an http address"
            ),
            ("sites: {a: {price: {file: x, headers: y}, nodes: {}}}", "`headers` without `url`"),
            ("sites: {a: {nodes: {}}}\nlinks: [{to: b}]", "`to`: there is no site `b`"),
            ("sites: {a: {nodes: {}}}\nlinks: [{from: a, to: a}]", "a link from `a` to itself"),
            (
                "sites: {a: {nodes: {}}}\nlinks: [{to: a}, {to: a, price: 1 /GB}]",
                "a second link of these two"
            ),
            (
                "sites: {a: {price: {file: x, format: entsoe, column: y}, nodes: {}}}",
                "`column` with `format: entsoe`"
            ),
        ] as [(String, String)])
    func `is refused where it makes no sense`(text: String, problem: String) {
        let found = #expect(throws: ManifestErrors.self) { try parseGrid(text, file: "g") }
        #expect(
            found?.errors.map(\.problem).contains(problem) == true, "\(String(describing: found))")
    }
}
