// swift-tools-version: 6.1
// SPDX-License-Identifier: MIT
import PackageDescription

// The core for the browser: the same sources as the root package's, through symbolic links,
// compiled by Embedded Swift. A package of its own, since `unsafeFlags` forbid use as a dependency.
//
//     SWIFT_USR=… swift build -c release --triple wasm32-unknown-none-wasm
//
// SWIFT_USR is the toolchain's `usr` folder; dev/check finds it and runs the result.
let usr = Context.environment["SWIFT_USR"] ?? ""
let unicode = "\(usr)/lib/swift/embedded/wasm32-unknown-none-wasm/libswiftUnicodeDataTables.a"

let embedded: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .enableExperimentalFeature("Extern"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags([
        "-wmo", "-Osize", "-enforce-exclusivity=unchecked", "-Xfrontend",
        "-disable-stack-protector",
    ]),
]

/// A module for the page: the exports, and the model that they are about.
func module(_ name: String, path: String, _ others: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: name,
        dependencies: ["Scuttlebutt", "Rewind", "ScuttlebuttPage", "FreestandingC"] + others,
        path: path,
        // Without -parse-as-library the globals would never be initialised here.
        swiftSettings: embedded + [.unsafeFlags(["-parse-as-library"])],
        linkerSettings: [
            .unsafeFlags([
                "-Xclang-linker", "-nostdlib", "-Xlinker", "--no-entry", "-Xlinker",
                "--gc-sections", "-Xlinker", "--strip-all", "-Xlinker", unicode,
                // The stack grows down: before the data it traps, behind it it overwrites.
                "-Xlinker", "--stack-first", "-Xlinker", "-z", "-Xlinker", "stack-size=1048576",
            ])
        ])
}

// A reducer of a user's own, for which dev/web makes a folder with links.
let hasReducer = Context.environment["SCUTTLEBUTT_REDUCER"] != nil
let reducer = hasReducer ? [module("ReducerWasm", path: "Module", ["PortableReducers"])] : []

let package = Package(
    name: "scuttlebutt-wasm",
    targets: [
        .target(name: "Scuttlebutt", path: "Core/Scuttlebutt", swiftSettings: embedded),
        .target(
            name: "Rewind", dependencies: ["Scuttlebutt"], path: "Core/Rewind",
            swiftSettings: embedded),
        .target(
            name: "FreestandingC", path: "FreestandingC",
            cSettings: [.unsafeFlags(["-ffreestanding", "-mbulk-memory"])]),
        // The peer in a page, whatever it folds with.
        .target(
            name: "ScuttlebuttPage", dependencies: ["Scuttlebutt", "Rewind", "PortableReducers"],
            path: "Page", swiftSettings: embedded),
        .target(
            name: "PortableReducers", dependencies: ["Scuttlebutt"], path: "Core/PortableReducers",
            swiftSettings: embedded),
        .target(
            name: "ExampleReducers", dependencies: ["Scuttlebutt", "PortableReducers"],
            path: "Core/ExampleReducers", swiftSettings: embedded),
        // For reducers in JavaScript, and with those of the examples in Swift.
        module("ScuttlebuttWasm", path: "Export"),
        module("ExamplesWasm", path: "Examples", ["PortableReducers", "ExampleReducers"]),
    ] + reducer
)
