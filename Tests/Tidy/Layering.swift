// SPDX-License-Identifier: MIT

/// What each target may import, as a table.
enum Layering {
    struct Layer: Sendable {
        /// Targets of this package.
        let own: Set<String>
        /// Modules from elsewhere; a name ending in `*` stands for every module it begins.
        let outside: Set<String>

        func allows(_ module: String) -> Bool {
            own.contains(module) || outside.contains(module)
                || outside.contains { $0.hasSuffix("*") && module.hasPrefix($0.dropLast()) }
        }
    }

    /// Targets that do no I/O, read no clock, draw no random number that they were not given, take
    /// no lock and start no task.
    static let pure = core.union([
        "ScuttlebuttCoding", "ScuttlebuttModels", "ScuttlebuttSimulation",
    ])

    /// The targets that also compile under Embedded Swift.
    static let core: Set<String> = ["Scuttlebutt", "Rewind", "PortableReducers"]

    static let layers: [String: Layer] = [
        "Scuttlebutt": Layer(own: [], outside: []),
        "Rewind": Layer(own: ["Scuttlebutt"], outside: []),
        "PortableReducers": Layer(own: ["Scuttlebutt"], outside: []),
        "ExampleReducers": Layer(own: ["Scuttlebutt", "PortableReducers"], outside: []),
        "ScuttlebuttCoding": Layer(own: core, outside: []),
        "ScuttlebuttModels": Layer(own: core.union(["ScuttlebuttCoding"]), outside: collections),
        "ScuttlebuttSimulation": Layer(
            own: core.union(["ScuttlebuttCoding", "ScuttlebuttModels"]), outside: collections),
        // Only for the vocabulary: `Source` and `Timestamp` in the meta of an action.
        "Redux": Layer(
            own: ["Scuttlebutt"],
            outside: cLibraries.union(collections).union(["Synchronization", "Observation"])),
        "ScuttlebuttSecurity": Layer(
            own: pureBelow, outside: system.union(["Crypto", "CryptoExtras"])),
        "ScuttlebuttRuntime": Layer(
            own: pureBelow.union(["ScuttlebuttSecurity"]), outside: runtime),
        "ScuttlebuttRuntimeTestKit": Layer(
            own: pureBelow.union(["ScuttlebuttSecurity", "ScuttlebuttRuntime"]),
            outside: runtime.union(["Testing"])),
        "ReduxScuttlebutt": Layer(
            own: pureBelow.union(["ScuttlebuttSecurity", "ScuttlebuttRuntime", "Redux"]),
            outside: runtime),
        "ScuttlebuttNIO": Layer(
            own: composition, outside: runtime.union(network).union(["CZlib"])),
        "ScuttlebuttSQLite": Layer(
            own: composition, outside: runtime.union(["GRDB", "GRDBSQLite"])),
        "ScuttlebuttRelay": Layer(
            own: composition.union([
                "ScuttlebuttNIO", "ScuttlebuttSQLite", "ExampleReducers",
            ]),
            outside: runtime.union(network).union(["Hummingbird*"])),
        "ScuttlebuttCommand": Layer(
            own: composition.union([
                "ScuttlebuttNIO", "ScuttlebuttSQLite", "ScuttlebuttRelay", "ScuttlebuttSimulation",
            ]),
            outside: runtime.union(network).union(["ArgumentParser"])),
    ]

    private static let pureBelow = core.union(["ScuttlebuttCoding", "ScuttlebuttModels"])
    private static let composition = pureBelow.union([
        "Redux", "ReduxScuttlebutt", "ScuttlebuttRuntime", "ScuttlebuttSecurity",
    ])
    private static let collections: Set<String> = [
        "Collections", "DequeModule", "HeapModule", "OrderedCollections", "HashTreeCollections",
        "BitCollections", "BasicContainers",
    ]
    private static let cLibraries: Set<String> = ["Glibc", "Musl", "Darwin", "Android"]
    private static let system = cLibraries.union([
        "Foundation*", "Dispatch", "Synchronization", "Observation",
    ])
    private static let runtime = system.union(collections).union([
        "Logging", "Metrics", "ServiceLifecycle", "UnixSignals",
    ])
    private static let network: Set<String> = ["NIO*", "HTTPTypes"]
}
