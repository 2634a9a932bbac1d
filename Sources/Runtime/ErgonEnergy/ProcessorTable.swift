import ErgonModel

/// A processor in one socket.
struct Chip {
    /// Thermal design power.
    var watts: Int64
    var threads: Int64

    /// Rounded down to a milliwatt.
    var perThread: Watts { Watts(milliwatts: watts * 1000 / threads) }
}

/// By the words of its brand. Watts: the processor table of CodeCarbon (mlco2/codecarbon, MIT);
/// threads: the makers' data sheets.
let chips: [String: Chip] = [
    "EPYC 7401": Chip(watts: 170, threads: 48),
    "EPYC 7551": Chip(watts: 180, threads: 64),
    "EPYC 7601": Chip(watts: 180, threads: 64),
    "EPYC 7302": Chip(watts: 155, threads: 32),
    "EPYC 7402": Chip(watts: 180, threads: 48),
    "EPYC 7452": Chip(watts: 155, threads: 64),
    "EPYC 7502": Chip(watts: 180, threads: 64),
    "EPYC 7542": Chip(watts: 225, threads: 64),
    "EPYC 7642": Chip(watts: 225, threads: 96),
    "EPYC 7662": Chip(watts: 225, threads: 128),
    "EPYC 7702": Chip(watts: 200, threads: 128),
    "EPYC 7742": Chip(watts: 225, threads: 128),
    "EPYC 7H12": Chip(watts: 280, threads: 128),
    "EPYC 7B12": Chip(watts: 240, threads: 128),
    "EPYC 7313": Chip(watts: 155, threads: 32),
    "EPYC 7413": Chip(watts: 180, threads: 48),
    "EPYC 7443": Chip(watts: 200, threads: 48),
    "EPYC 7453": Chip(watts: 225, threads: 56),
    "EPYC 7513": Chip(watts: 200, threads: 64),
    "EPYC 7543": Chip(watts: 225, threads: 64),
    "EPYC 7643": Chip(watts: 225, threads: 96),
    "EPYC 7713": Chip(watts: 225, threads: 128),
    "EPYC 7763": Chip(watts: 280, threads: 128),
    "EPYC 9224": Chip(watts: 200, threads: 48),
    "EPYC 9254": Chip(watts: 200, threads: 48),
    "EPYC 9334": Chip(watts: 210, threads: 64),
    "EPYC 9354": Chip(watts: 280, threads: 64),
    "EPYC 9454": Chip(watts: 290, threads: 96),
    "EPYC 9534": Chip(watts: 280, threads: 128),
    "EPYC 9554": Chip(watts: 360, threads: 128),
    "EPYC 9634": Chip(watts: 290, threads: 168),
    "EPYC 9654": Chip(watts: 360, threads: 192),
    "EPYC 9754": Chip(watts: 360, threads: 256),
    "EPYC 9755": Chip(watts: 500, threads: 256),
    "EPYC 9965": Chip(watts: 500, threads: 384),
    "Xeon E5-2650 v2": Chip(watts: 95, threads: 16),
    "Xeon E5-2630 v3": Chip(watts: 85, threads: 16),
    "Xeon E5-2650 v3": Chip(watts: 105, threads: 20),
    "Xeon E5-2660 v3": Chip(watts: 105, threads: 20),
    "Xeon E5-2680 v3": Chip(watts: 120, threads: 24),
    "Xeon E5-2630 v4": Chip(watts: 85, threads: 20),
    "Xeon E5-2640 v4": Chip(watts: 90, threads: 20),
    "Xeon E5-2650 v4": Chip(watts: 105, threads: 24),
    "Xeon E5-2680 v4": Chip(watts: 120, threads: 28),
    "Xeon E5-2683 v4": Chip(watts: 120, threads: 32),
    "Xeon E5-2690 v4": Chip(watts: 135, threads: 28),
    "Xeon E5-2695 v4": Chip(watts: 120, threads: 36),
    "Xeon E5-2697 v4": Chip(watts: 145, threads: 36),
    "Xeon E5-2699 v4": Chip(watts: 145, threads: 44),
    "Xeon Gold 6126": Chip(watts: 125, threads: 24),
    "Xeon Gold 6130": Chip(watts: 125, threads: 32),
    "Xeon Gold 6132": Chip(watts: 140, threads: 28),
    "Xeon Gold 6140": Chip(watts: 140, threads: 36),
    "Xeon Gold 6142": Chip(watts: 150, threads: 32),
    "Xeon Gold 6148": Chip(watts: 150, threads: 40),
    "Xeon Gold 6152": Chip(watts: 140, threads: 44),
    "Xeon Gold 6226R": Chip(watts: 150, threads: 32),
    "Xeon Gold 6230": Chip(watts: 125, threads: 40),
    "Xeon Gold 6230R": Chip(watts: 150, threads: 52),
    "Xeon Gold 6238R": Chip(watts: 165, threads: 56),
    "Xeon Gold 6240": Chip(watts: 150, threads: 36),
    "Xeon Gold 6240R": Chip(watts: 165, threads: 48),
    "Xeon Gold 6248": Chip(watts: 150, threads: 40),
    "Xeon Gold 6248R": Chip(watts: 205, threads: 48),
    "Xeon Gold 6252": Chip(watts: 150, threads: 48),
    "Xeon Gold 6258R": Chip(watts: 205, threads: 56),
    "Xeon Gold 6326": Chip(watts: 185, threads: 32),
    "Xeon Gold 6330": Chip(watts: 205, threads: 56),
    "Xeon Gold 6338": Chip(watts: 205, threads: 64),
    "Xeon Gold 6342": Chip(watts: 230, threads: 48),
    "Xeon Gold 6346": Chip(watts: 205, threads: 32),
    "Xeon Gold 6348": Chip(watts: 235, threads: 56),
    "Xeon Gold 6430": Chip(watts: 270, threads: 64),
    "Xeon Gold 6448Y": Chip(watts: 225, threads: 64),
    "Xeon Gold 6530": Chip(watts: 270, threads: 64),
    "Xeon Gold 6548Y+": Chip(watts: 250, threads: 64),
    "Xeon Platinum 8160": Chip(watts: 150, threads: 48),
    "Xeon Platinum 8168": Chip(watts: 205, threads: 48),
    "Xeon Platinum 8175M": Chip(watts: 240, threads: 48),
    "Xeon Platinum 8180": Chip(watts: 205, threads: 56),
    "Xeon Platinum 8259CL": Chip(watts: 210, threads: 48),
    "Xeon Platinum 8260": Chip(watts: 165, threads: 48),
    "Xeon Platinum 8268": Chip(watts: 205, threads: 48),
    "Xeon Platinum 8272CL": Chip(watts: 195, threads: 52),
    "Xeon Platinum 8280": Chip(watts: 205, threads: 56),
    "Xeon Platinum 8358": Chip(watts: 250, threads: 64),
    "Xeon Platinum 8360Y": Chip(watts: 250, threads: 72),
    "Xeon Platinum 8368": Chip(watts: 270, threads: 76),
    "Xeon Platinum 8380": Chip(watts: 270, threads: 80),
    "Xeon Platinum 8480+": Chip(watts: 350, threads: 112),
    "Xeon Platinum 8490H": Chip(watts: 350, threads: 120),
    "Xeon Platinum 8592+": Chip(watts: 350, threads: 128),
]

/// Processors that show only their family, as in virtual machines, or that are not listed above.
struct ChipFamily {
    var milliwatts: Int64
    /// Parts of brands.
    var names: [String]
}

/// The first whose name fits counts. Milliwatts a hardware thread at full load: Cloud Carbon
/// Footprint's coefficients (cloud-carbon-footprint/ccf-coefficients, Apache-2.0, averages of
/// SPECpower results by architecture; AWS rows), for Neoverse N1 the 210 W of Ampere's Altra Q80-30
/// over its 80 threads. A bare `EPYC` counts as the third generation.
let families: [ChipFamily] = [
    ChipFamily(
        milliwatts: 2282, names: ["EPYC-Genoa", "EPYC 91", "EPYC 92", "EPYC 93", "EPYC 94"]),
    ChipFamily(milliwatts: 1693, names: ["EPYC-Rome"]),
    ChipFamily(milliwatts: 1957, names: ["EPYC"]),
    ChipFamily(
        milliwatts: 4482,
        names: ["Xeon Gold 65", "Xeon Gold 55", "Xeon Platinum 85", "Xeon Silver 45"]),
    ChipFamily(
        milliwatts: 4160,
        names: [
            "SapphireRapids", "Xeon Gold 64", "Xeon Gold 54", "Xeon Platinum 84", "Xeon Silver 44",
        ]),
    ChipFamily(
        milliwatts: 3758,
        names: ["Icelake", "Xeon Gold 63", "Xeon Gold 53", "Xeon Platinum 83", "Xeon Silver 43"]),
    ChipFamily(
        milliwatts: 4063,
        names: [
            "Cascadelake", "Xeon Gold 62", "Xeon Gold 52", "Xeon Platinum 82", "Xeon Silver 42",
        ]),
    ChipFamily(
        milliwatts: 4104,
        names: ["Skylake", "Xeon Gold 61", "Xeon Gold 51", "Xeon Platinum 81", "Xeon Silver 41"]),
    ChipFamily(milliwatts: 3685, names: ["Broadwell"]),
    ChipFamily(milliwatts: 5595, names: ["Haswell"]),
    ChipFamily(milliwatts: 2625, names: ["implementer 0x41 part 0xd0c"]),
]
