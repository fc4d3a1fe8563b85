// swift-tools-version: 6.1
// SPDX-License-Identifier: MIT
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let hummingbird: [Target.Dependency] = [
    .product(name: "HummingbirdCore", package: "hummingbird"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]

let example: [Target.Dependency] = [
    "ExampleReducers", "PortableReducers", "Redux", "ReduxScuttlebutt", "Scuttlebutt",
    "ScuttlebuttCoding", "ScuttlebuttNIO", "ScuttlebuttSQLite",
]

let package = Package(
    name: "swift-scuttlebutt",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "Scuttlebutt", targets: ["Scuttlebutt"]),
        .library(name: "Rewind", targets: ["Rewind"]),
        .library(name: "PortableReducers", targets: ["PortableReducers"]),
        .library(name: "Redux", targets: ["Redux"]),
        .library(name: "ScuttlebuttCoding", targets: ["ScuttlebuttCoding"]),
        .library(name: "ScuttlebuttModels", targets: ["ScuttlebuttModels"]),
        .library(name: "ScuttlebuttSimulation", targets: ["ScuttlebuttSimulation"]),
        .library(name: "ScuttlebuttRuntime", targets: ["ScuttlebuttRuntime"]),
        .library(name: "ScuttlebuttRuntimeTestKit", targets: ["ScuttlebuttRuntimeTestKit"]),
        .library(name: "ReduxScuttlebutt", targets: ["ReduxScuttlebutt"]),
        .library(name: "ScuttlebuttNIO", targets: ["ScuttlebuttNIO"]),
        .library(name: "ScuttlebuttSQLite", targets: ["ScuttlebuttSQLite"]),
        .library(name: "ScuttlebuttRelay", targets: ["ScuttlebuttRelay"]),
        .executable(name: "scuttlebutt", targets: ["ScuttlebuttCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // The tests start programs with these.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    ],
    targets: [
        .target(name: "Scuttlebutt", swiftSettings: settings),
        .target(name: "Rewind", dependencies: ["Scuttlebutt"], swiftSettings: settings),
        .target(
            name: "PortableReducers", dependencies: ["Scuttlebutt"], swiftSettings: settings),
        // What server, terminal programs and pages fold with; not a product.
        .target(
            name: "ExampleReducers", dependencies: ["PortableReducers", "Scuttlebutt"],
            swiftSettings: settings),
        .target(name: "Redux", dependencies: ["Scuttlebutt", deque], swiftSettings: settings),
        .target(name: "ScuttlebuttCoding", dependencies: ["Scuttlebutt"], swiftSettings: settings),
        .target(
            name: "ScuttlebuttModels",
            dependencies: [
                "Scuttlebutt", "ScuttlebuttCoding",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "ScuttlebuttSimulation",
            dependencies: [
                "Scuttlebutt", "Rewind", "ScuttlebuttCoding", deque,
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: settings),
        .target(
            name: "ScuttlebuttSecurity",
            dependencies: ["Scuttlebutt", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: settings),
        .target(
            name: "ScuttlebuttRuntime",
            dependencies: ["Scuttlebutt", "ScuttlebuttCoding", deque, logging],
            swiftSettings: settings),
        .target(
            name: "ScuttlebuttRuntimeTestKit", dependencies: ["Scuttlebutt", "ScuttlebuttRuntime"],
            swiftSettings: settings),
        .target(
            name: "ReduxScuttlebutt",
            dependencies: [
                "Scuttlebutt", "Rewind", "PortableReducers", "Redux", "ScuttlebuttCoding",
                "ScuttlebuttSecurity", "ScuttlebuttRuntime", logging,
            ],
            swiftSettings: settings),
        // The system's zlib, which has no module of its own.
        .systemLibrary(
            name: "CZlib", providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"])]),
        .target(
            name: "ScuttlebuttNIO",
            dependencies: ["Scuttlebutt", "ScuttlebuttRuntime", "CZlib", deque, logging] + nio,
            swiftSettings: settings),
        .target(
            name: "ScuttlebuttSQLite",
            dependencies: [
                "Scuttlebutt", "ScuttlebuttRuntime", deque,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: settings),
        .target(
            name: "ScuttlebuttRelay",
            dependencies: [
                "Scuttlebutt", "Rewind", "PortableReducers", "ExampleReducers", "Redux",
                "ScuttlebuttCoding", "ScuttlebuttRuntime",
                "ReduxScuttlebutt", "ScuttlebuttNIO", "ScuttlebuttSQLite", logging,
            ] + nio + hummingbird,
            exclude: ["Web/README.md"],
            resources: [.embedInCode("Web")],
            swiftSettings: settings),
        .executableTarget(
            name: "ScuttlebuttCommand",
            dependencies: [
                "Scuttlebutt", "Rewind", "Redux", "ScuttlebuttCoding", "ScuttlebuttModels",
                "ScuttlebuttRuntime", "ScuttlebuttSimulation",
                "ReduxScuttlebutt", "ScuttlebuttNIO", "ScuttlebuttSQLite", "ScuttlebuttRelay",
                deque, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Counter", dependencies: example, path: "Examples/Counter",
            swiftSettings: settings),
        .executableTarget(
            name: "Chat", dependencies: example, path: "Examples/Chat", swiftSettings: settings),
        .executableTarget(
            name: "Life", dependencies: example, path: "Examples/Life", swiftSettings: settings),
        .executableTarget(
            name: "FriendsForever",
            dependencies: example + [
                "Rewind", "ScuttlebuttRuntime", "ScuttlebuttRelay",
            ],
            path: "Examples/FriendsForever", swiftSettings: settings),
        // The package of the tutorial, built here as it stands there: without our settings.
        .target(
            name: "Shopping", dependencies: ["Redux", "ReduxScuttlebutt"],
            path: "Examples/ShoppingList/Sources/Shopping"),
        .executableTarget(
            name: "ShoppingServer",
            dependencies: [
                "Shopping", "ReduxScuttlebutt", "ScuttlebuttRelay", "ScuttlebuttSQLite",
            ],
            path: "Examples/ShoppingList/Sources/ShoppingServer"),
        .executableTarget(
            name: "Shopper",
            dependencies: ["Shopping", "ReduxScuttlebutt", "ScuttlebuttNIO", "ScuttlebuttSQLite"],
            path: "Examples/ShoppingList/Sources/Shopper"),
        // What several test targets need; not a product.
        .target(
            name: "TestSupport",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/Support", swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttTests", dependencies: ["Scuttlebutt", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RewindTests", dependencies: ["Rewind", "Scuttlebutt", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ReduxTests", dependencies: ["Redux", "Scuttlebutt"], swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttCodingTests",
            dependencies: ["ScuttlebuttCoding", "Scuttlebutt", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttModelsTests",
            dependencies: [
                "ScuttlebuttModels", "Scuttlebutt", "ScuttlebuttCoding", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzingTests",
            dependencies: [
                "Scuttlebutt", "Rewind", "ScuttlebuttCoding", "ScuttlebuttModels",
                "ScuttlebuttRuntime", "ScuttlebuttNIO", "TestSupport",
            ],
            swiftSettings: settings),
        // No product of its own: it runs here, from dev/test, dev/soak and dev/mutants.
        .executableTarget(
            name: "SimulationSoak", dependencies: ["ScuttlebuttSimulation"], path: "Tests/Soak",
            swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttSimulationTests",
            dependencies: [
                "ScuttlebuttSimulation", "Scuttlebutt", "ScuttlebuttCoding", "ScuttlebuttModels",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttRuntimeTests",
            dependencies: [
                "ScuttlebuttRuntime", "ScuttlebuttRuntimeTestKit", "Scuttlebutt", "TestSupport",
                logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ReduxScuttlebuttTests",
            dependencies: [
                "ReduxScuttlebutt", "Redux", "Rewind", "Scuttlebutt", "ScuttlebuttCoding",
                "ScuttlebuttModels", "ScuttlebuttRuntime", "ScuttlebuttRuntimeTestKit",
                "ScuttlebuttSecurity",
                "ScuttlebuttSQLite", "TestSupport",
                logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttNIOTests",
            dependencies: [
                "ScuttlebuttNIO", "ScuttlebuttRuntime", "ScuttlebuttRuntimeTestKit", "Scuttlebutt",
                "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio"),
            ] + nio,
            swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttSQLiteTests",
            dependencies: [
                "ScuttlebuttSQLite", "ScuttlebuttRuntime", "ScuttlebuttRuntimeTestKit",
                "Scuttlebutt", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Stores"],
            swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttRelayTests",
            dependencies: [
                "ScuttlebuttRelay", "ExampleReducers", "PortableReducers", "Redux",
                "ReduxScuttlebutt", "Rewind", "Scuttlebutt", "ScuttlebuttCoding",
                "ScuttlebuttNIO", "ScuttlebuttRuntime", "ScuttlebuttRuntimeTestKit",
                "ScuttlebuttSQLite", "TestSupport", logging,
            ] + nio + hummingbird,
            swiftSettings: settings),
        .testTarget(
            name: "ExamplesTests",
            dependencies: [
                "Counter", "Chat", "Life", "FriendsForever", "ExampleReducers", "Redux",
                "ReduxScuttlebutt", "Scuttlebutt", "ScuttlebuttCoding", "ScuttlebuttRelay",
                "ScuttlebuttSimulation", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "InteropTests",
            dependencies: [
                "Redux", "ReduxScuttlebutt", "Rewind", "Scuttlebutt", "ScuttlebuttCoding",
                "ScuttlebuttModels", "ScuttlebuttNIO", "ScuttlebuttRelay", "ScuttlebuttRuntime",
                "ScuttlebuttRuntimeTestKit", "TestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
            ] + nio,
            swiftSettings: settings),
        .testTarget(
            name: "ReadmeTests",
            dependencies: [
                "ExampleReducers", "PortableReducers", "Redux", "ReduxScuttlebutt", "Scuttlebutt",
                "ScuttlebuttCoding", "ScuttlebuttModels", "ScuttlebuttNIO", "ScuttlebuttRelay",
                "ScuttlebuttRuntime", "ScuttlebuttRuntimeTestKit", "ScuttlebuttSimulation",
                "ScuttlebuttSQLite", "Rewind", "ShoppingServer", "Shopper", "TestSupport",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "PortableReducersTests",
            dependencies: [
                "PortableReducers", "ExampleReducers", "ReduxScuttlebutt", "Scuttlebutt",
                "ScuttlebuttCoding", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "ScuttlebuttCommandTests",
            dependencies: [
                "ScuttlebuttCommand", "Scuttlebutt", "ScuttlebuttRelay", "ScuttlebuttRuntime",
                "ScuttlebuttSQLite", "ReduxScuttlebutt", "ScuttlebuttCoding",
                "ScuttlebuttSecurity",
                "TestSupport", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .testTarget(name: "TidyTests", path: "Tests/Tidy", swiftSettings: settings),
    ]
)
