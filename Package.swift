// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    // Points at which tests end the process; a release build has none of them.
    .define("KILL_POINTS", .when(configuration: .debug)),
    .treatAllWarnings(as: .error),
]

// Tests start the programs some thousand times and try a million states of the rules: what they try is optimised, as what
// people run is, also in a debug build.
let optimized = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func target(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: optimized)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "owui-upgrade",
    products: [
        .executable(name: "owui-upgrade", targets: ["owui-upgrade"]),
        .executable(name: "open-webui-stand-in", targets: ["open-webui-stand-in"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CProcess"),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        target("UpgradeCore"),
        target("JournalFile", ["UpgradeCore"]),
        target("ReleaseKnowledge", ["UpgradeCore"], exclude: ["Data"]),
        target("Simulator", ["UpgradeCore"]),
        target("Wire", ["CCurl", "CPostgres", "UpgradeCore"]),
        target(
            "Backends",
            [
                "CProcess", "JournalFile", "ReleaseKnowledge", "UpgradeCore", "Wire",
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "Yams", package: "Yams"),
            ]),
        .executableTarget(
            name: "owui-upgrade",
            dependencies: [
                "Backends", "JournalFile", "ReleaseKnowledge", "Simulator", "UpgradeCore", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: optimized),
        .executableTarget(name: "open-webui-stand-in", dependencies: ["CPostgres"], swiftSettings: optimized),

        tests("UpgradeCoreTests", ["UpgradeCore"], exclude: ["Golden", "Journals"]),
        tests("JournalFileTests", ["JournalFile", "UpgradeCore"]),
        tests("ReleaseKnowledgeTests", ["ReleaseKnowledge", "UpgradeCore"]),
        tests("SimulatorTests", ["Simulator", "UpgradeCore"]),
        tests("WireTests", ["Wire", "UpgradeCore"]),
        tests("BackendsTests", ["Backends", "ReleaseKnowledge", "Wire", "UpgradeCore"]),
        tests("EngineTests", ["Backends", "open-webui-stand-in", "Wire", "UpgradeCore"]),
        tests(
            "CommandTests",
            ["Backends", "CProcess", "owui-upgrade", "open-webui-stand-in", "JournalFile", "UpgradeCore", "Wire"],
            exclude: ["Golden"]),
        // Their Support links to files of CommandTests: all play with the built programs, on different ground.
        tests(
            "ComposeTests",
            [
                "Backends", "CProcess", "owui-upgrade", "open-webui-stand-in", "JournalFile", "UpgradeCore", "Wire",
            ]),
        tests(
            "SwarmTests",
            [
                "Backends", "CProcess", "owui-upgrade", "open-webui-stand-in", "JournalFile", "UpgradeCore", "Wire",
            ]),
        // The same deployments on every platform: its Support links to those of the three targets above.
        tests(
            "ConformanceTests",
            [
                "Backends", "CProcess", "owui-upgrade", "open-webui-stand-in", "JournalFile", "UpgradeCore", "Wire",
            ]),
        // What goes wrong around a deployment: its engine, its registry, other hands. Its Support links to the others'.
        tests(
            "TroubleTests",
            [
                "Backends", "CProcess", "owui-upgrade", "open-webui-stand-in", "JournalFile", "UpgradeCore", "Wire",
            ]),
        tests("StandInTests", ["open-webui-stand-in", "Wire", "UpgradeCore"]),
    ]
)
