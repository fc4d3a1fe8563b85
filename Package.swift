// swift-tools-version: 6.1
// SPDX-License-Identifier: MIT
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "swift-scuttlebutt",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "Scuttlebutt", targets: ["Scuttlebutt"]),
        .library(name: "Rewind", targets: ["Rewind"]),
        .library(name: "Redux", targets: ["Redux"]),
    ],
    targets: [
        .target(name: "Scuttlebutt", swiftSettings: settings),
        .target(name: "Rewind", dependencies: ["Scuttlebutt"], swiftSettings: settings),
        .target(name: "Redux", dependencies: ["Scuttlebutt"], swiftSettings: settings),
        .target(name: "ScuttlebuttCoding", dependencies: ["Scuttlebutt"], swiftSettings: settings),
    ]
)
