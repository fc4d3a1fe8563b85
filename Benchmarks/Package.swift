// swift-tools-version: 6.1
// SPDX-License-Identifier: MIT
import PackageDescription

let package = Package(
    name: "Benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-scuttlebutt", path: "..")],
    targets: [
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                .product(name: "Scuttlebutt", package: "swift-scuttlebutt"),
                .product(name: "Rewind", package: "swift-scuttlebutt"),
                .product(name: "Redux", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttCoding", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttModels", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttRuntime", package: "swift-scuttlebutt"),
                .product(name: "ReduxScuttlebutt", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttNIO", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttSQLite", package: "swift-scuttlebutt"),
            ])
    ]
)
