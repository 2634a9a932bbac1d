// swift-tools-version: 6.2
import PackageDescription

// The map of the house, in the order in which a campaign travels through it:
// manifest ─▶ plan ─▶ lease ─▶ run ─▶ result ─▶ merge ─▶ log ─▶ audit.
// Imports point inward: App ─▶ Runtime ─▶ Core (docs/ARCHITECTURE.md).

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
]

func target(_ folder: String, _ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)",
        swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "SeededRandom"] + dependencies,
        path: "Tests/\(name)Tests", exclude: exclude, swiftSettings: strict)
}

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grpc: [Target.Dependency] = [
    .product(name: "GRPCCore", package: "grpc-swift-2"),
    .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
    .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
    .product(name: "SwiftProtobuf", package: "swift-protobuf"),
]
let hummingbird: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
]
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let core: [Target] = [
    target("Core", "ErgonModel", []),
    target("Core", "ErgonManifest", ["ErgonModel", yams]),
    target("Core", "ErgonPolicy", ["ErgonModel"]),
    target("Core", "ErgonPlanner", ["ErgonModel"]),
    target("Core", "ErgonCoordinator", ["ErgonModel"]),
    target("Core", "ErgonWorker", ["ErgonModel"]),
    target("Core", "ErgonMerge", ["ErgonModel"]),
    target("Core", "ErgonProvenance", ["ErgonModel", crypto]),
    target(
        "Core", "ErgonSimulation",
        ["ErgonModel", "ErgonCoordinator", "ErgonWorker", "ErgonProvenance", "ErgonAudit"]),
    target(
        "Core", "ErgonAudit", ["ErgonModel", "ErgonProvenance"]),
]

let runtime: [Target] = [
    .target(name: "CLinux", path: "Sources/Runtime/CLinux"),
    target("Runtime", "ErgonSystem", ["ErgonModel", "CLinux"]),
    // Needs the headers of libcurl, and loads the library itself when it is first used.
    .target(name: "CCurl", path: "Sources/Runtime/CCurl"),
    // Likewise with SQLite.
    .target(name: "CSQLite", path: "Sources/Runtime/CSQLite"),
    target("Runtime", "ErgonIndex", ["ErgonModel", "ErgonProvenance", "ErgonAudit", "CSQLite"]),
    // Generated, and slow to compile; the conversions are in ErgonWire.
    .target(
        name: "ErgonWireMessages", dependencies: grpc,
        path: "Sources/Runtime/ErgonWireMessages",
        exclude: ["ergon.proto", "regenerate.sh", "Generated/ergon.proto.sha256"]),
    target(
        "Runtime", "ErgonWire",
        ["ErgonModel", "ErgonProvenance", "ErgonSecurity", "ErgonWireMessages", nioCore] + grpc),
    target(
        "Runtime", "ErgonSecurity",
        ["ErgonModel", crypto, x509, asn1, nioCore, nioSSL]),
    target("Runtime", "ErgonStorage", ["ErgonModel", "ErgonProvenance", "CLinux", crypto]),
    target("Runtime", "ErgonTransfer", ["ErgonModel", "ErgonProvenance", "ErgonSystem", "CCurl"]),
    target(
        "Runtime", "ErgonWitness",
        [
            "ErgonModel", "ErgonProvenance", "ErgonStorage", "ErgonTransfer", nioCore, nioPosix,
            logging,
        ] + hummingbird),
    target("Runtime", "ErgonEnergy", ["ErgonModel", "CLinux"]),
    target(
        "Runtime", "ErgonDashboard",
        [
            "ErgonModel", "ErgonProvenance", "ErgonSecurity", "ErgonStorage", nioCore, nioPosix,
            nioSSL, x509, logging,
        ] + hummingbird),
    target(
        "Runtime", "ErgonCoordinatorService",
        [
            "ErgonModel", "ErgonManifest", "ErgonPolicy", "ErgonPlanner", "ErgonCoordinator",
            "ErgonProvenance", "ErgonWire", "ErgonWireMessages", "ErgonEnergy",
            "ErgonSecurity", "ErgonStorage", "ErgonDashboard", "ErgonSystem", "CLinux", nioCore,
            nioPosix, nioSSL, x509,
            logging,
        ] + grpc),
    target(
        "Runtime", "ErgonWorkerService",
        [
            "ErgonModel", "ErgonManifest", "ErgonWorker", "ErgonProvenance", "ErgonWire",
            "ErgonWireMessages",
            "ErgonSecurity", "ErgonStorage", "ErgonTransfer", "ErgonEnergy", "ErgonSystem", nioCore,
            nioSSL, x509, logging,
        ] + grpc),
]

let app: [Target] = [
    target(
        "App", "ErgonCommands",
        [
            "ErgonModel", "ErgonManifest", "ErgonPolicy", "ErgonPlanner", "ErgonMerge",
            "ErgonProvenance",
            "ErgonAudit", "ErgonSimulation", "ErgonWire", "ErgonSecurity", "ErgonStorage",
            "ErgonTransfer", "ErgonEnergy", "ErgonWitness", "ErgonIndex",
            "ErgonCoordinatorService", "ErgonWorkerService", "ErgonSystem", x509, logging,
            arguments,
        ] + grpc),
    .executableTarget(
        name: "ergon", dependencies: ["ErgonCommands"], path: "Sources/App/ergon",
        swiftSettings: strict,
        // A tenth of the executable's 100,000 relocations' room, and less to read at its start.
        linkerSettings: [
            .unsafeFlags(["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"])
        ]),
    // Writes the homes whose start is timed.
    .executableTarget(
        name: "restart-bench",
        dependencies: [
            "ErgonModel", "ErgonManifest", "ErgonCoordinator", "ErgonProvenance", "ErgonStorage",
            arguments,
        ], path: "Benchmarks/Restart", swiftSettings: strict),
    // A coordinator without a log, to measure what the log costs.
    .executableTarget(
        name: "unlogged-bench",
        dependencies: [
            "ErgonModel", "ErgonCoordinatorService", "ErgonSystem", logging, arguments,
        ], path: "Benchmarks/Unlogged", swiftSettings: strict),
    // Workers without anything behind them, so that the coordinator can be measured alone.
    .executableTarget(
        name: "swarm-bench",
        dependencies: [
            "ErgonModel", "ErgonSecurity", "ErgonSystem", "ErgonWire", "ErgonWireMessages",
            arguments,
        ] + grpc, path: "Benchmarks/Swarm", swiftSettings: strict),
]

let checks: [Target] = [
    .target(
        name: "SeededRandom", dependencies: ["ErgonModel"], path: "Tests/SeededRandom",
        swiftSettings: strict),
    tests("ErgonModel", []),
    tests("ErgonManifest", ["ErgonModel"], exclude: ["Corpus"]),
    tests("ErgonPolicy", ["ErgonModel"], exclude: ["expressions.txt"]),
    tests("ErgonPlanner", ["ErgonModel"], exclude: ["Fixtures"]),
    tests("ErgonCoordinator", ["ErgonModel"], exclude: ["Stories"]),
    tests("ErgonWorker", ["ErgonModel"], exclude: ["Stories"]),
    tests("ErgonWire", ["ErgonModel", "ErgonWireMessages"] + grpc),
    tests(
        "ErgonSimulation",
        ["ErgonModel", "ErgonAudit", "ErgonCoordinator", "ErgonWorker", "ErgonProvenance"]),
    tests(
        "ErgonWorkerService",
        [
            "ErgonModel", "ErgonWorker", "ErgonProvenance", "ErgonSystem", "ErgonWire",
            "ErgonWireMessages", logging,
            .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        ]),
    tests("ErgonCoordinatorService", ["ErgonModel", "ErgonCoordinator", "ErgonEnergy"]),
    tests("ErgonMerge", ["ErgonModel"]),
    tests("ErgonProvenance", ["ErgonModel", crypto]),
    tests("ErgonStorage", ["ErgonModel", "ErgonProvenance"]),
    tests(
        "ErgonAudit",
        ["ErgonModel", "ErgonManifest", "ErgonCoordinator", "ErgonProvenance", crypto]),
    tests("ErgonEnergy", ["ErgonModel"]),
    tests(
        "ErgonSecurity", ["ErgonModel", crypto, x509, asn1, nioCore, nioPosix, nioEmbedded, nioSSL]),
    tests(
        "ErgonTransfer",
        [
            "ErgonModel", "ErgonProvenance", "ErgonSecurity", "ErgonStorage", "ErgonDashboard",
            crypto, x509, asn1, nioCore, nioPosix, nioSSL, logging,
        ]),
    .testTarget(
        name: "TidyTests", dependencies: ["ErgonManifest", crypto], path: "Tests/TidyTests",
        swiftSettings: strict),
]

let package = Package(
    name: "ergon",
    products: [.executable(name: "ergon", targets: ["ergon"])],
    dependencies: [
        .package(url: "https://github.com/grpc/grpc-swift-2", exact: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", exact: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", exact: "2.4.1"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-certificates", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: core + runtime + app + checks
)
