// swift-tools-version: 6.1
// SPDX-License-Identifier: MIT
import PackageDescription

// Coverage-guided fuzzing of every decoder and of the session machine: the same sources as the root
// package's, through symbolic links, compiled with libFuzzer's instrumentation. A package of its
// own, since `unsafeFlags` forbid use as a dependency. Build and run it with dev/fuzz, which sets
//
//     FUZZER_LIBRARY   the path of the toolchain's libFuzzer without a main
//     FUZZER_BUILD     `decoders`, `saved` or `machines`; see FuzzTarget.Build
let library = Context.environment["FUZZER_LIBRARY"] ?? ""
let build = Context.environment["FUZZER_BUILD"] ?? "decoders"
let findsAddresses = build != "machines"

// The address sanitizer sees reads beyond the input, which unsafe buffers do not check in release.
// What no target reads by unsafe buffers runs several times as fast without it, and without a call
// at each comparison. After each input the fuzzer goes through the counters of all modules, so
// those that have nothing to do with decoding have none where decoders are fuzzed.
let instruments =
    findsAddresses
    ? ["-sanitize=fuzzer,address"]
    : ["-sanitize=fuzzer", "-sanitize-coverage=edge,inline-8bit-counters,pc-table"]
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
let settings = common + [.unsafeFlags(instruments + ["-parse-as-library", "-enable-testing"])]
let besideDecoders =
    build == "decoders"
    ? common + [.unsafeFlags(["-sanitize=address", "-parse-as-library", "-enable-testing"])]
    : settings

let package = Package(
    name: "scuttlebutt-fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0")
    ],
    targets: [
        .target(name: "Scuttlebutt", path: "Modules/Scuttlebutt", swiftSettings: settings),
        .target(
            name: "Rewind", dependencies: ["Scuttlebutt"], path: "Modules/Rewind",
            swiftSettings: besideDecoders),
        .target(
            name: "ScuttlebuttCoding", dependencies: ["Scuttlebutt"],
            path: "Modules/ScuttlebuttCoding", swiftSettings: settings),
        .target(
            name: "ScuttlebuttModels",
            dependencies: [
                "Scuttlebutt", "ScuttlebuttCoding",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            path: "Modules/ScuttlebuttModels", swiftSettings: besideDecoders),
        // Of these two only the files that read bytes, so that SwiftNIO need not be built.
        .target(
            name: "ScuttlebuttRuntime", dependencies: ["Scuttlebutt"],
            path: "Modules/ScuttlebuttRuntime", swiftSettings: settings),
        .systemLibrary(name: "CZlib", path: "Modules/CZlib"),
        .target(
            name: "ScuttlebuttNIO", dependencies: ["ScuttlebuttRuntime", "CZlib"],
            path: "Modules/ScuttlebuttNIO", swiftSettings: settings),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "Scuttlebutt", "Rewind", "ScuttlebuttCoding", "ScuttlebuttModels",
                "ScuttlebuttRuntime", "ScuttlebuttNIO",
            ],
            path: "Targets", swiftSettings: besideDecoders),
        .systemLibrary(name: "LibFuzzer", path: "LibFuzzer"),
        .executableTarget(
            name: "Fuzz", dependencies: ["FuzzTargets", "LibFuzzer"], path: "Fuzz",
            swiftSettings: settings,
            linkerSettings: [
                .unsafeFlags((findsAddresses ? ["-sanitize=address"] : []) + [library]),
                .linkedLibrary("stdc++", .when(platforms: [.linux])),
                .linkedLibrary("c++", .when(platforms: [.macOS])),
            ]),
    ]
)
