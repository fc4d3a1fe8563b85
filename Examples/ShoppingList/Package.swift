// swift-tools-version: 6.1
// SPDX-License-Identifier: MIT
import PackageDescription

let package = Package(
    name: "ShoppingList",
    platforms: [.macOS(.v15)],
    dependencies: [.package(path: "../swift-scuttlebutt")],
    targets: [
        .target(
            name: "Shopping",
            dependencies: [
                .product(name: "Redux", package: "swift-scuttlebutt"),
                .product(name: "ReduxScuttlebutt", package: "swift-scuttlebutt"),
            ]),
        .executableTarget(
            name: "ShoppingServer",
            dependencies: [
                "Shopping",
                .product(name: "ReduxScuttlebutt", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttRelay", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttSQLite", package: "swift-scuttlebutt"),
            ]),
        .executableTarget(
            name: "Shopper",
            dependencies: [
                "Shopping",
                .product(name: "ReduxScuttlebutt", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttNIO", package: "swift-scuttlebutt"),
                .product(name: "ScuttlebuttSQLite", package: "swift-scuttlebutt"),
            ]),
    ]
)
