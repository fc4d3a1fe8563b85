// SPDX-License-Identifier: MIT

extension Simulation {
    /// What kind of scripts a seed is turned into.
    public struct Configuration: Hashable, Sendable {
        /// How many peers; default 8.
        public var peers = 8
        /// Who dials whom; default `nil`, for one that the seed chooses.
        public var topology: Topology?
        /// Which kinds of trouble there may be; each seed draws some of them; default all.
        public var faults = Faults.all
        /// How many steps a script has; default 120.
        public var steps = 120
        /// How many milliseconds of virtual time pass from step to step on average; default 25.
        public var pace = 25
        /// How many of a hundred steps dispatch an action; default 70.
        public var dispatchPercentage = 70

        /// Makes the default configuration.
        public init() {}
    }

    /// The script that a seed stands for.
    public func script(seed: UInt64) -> Script {
        var generator = ScriptGenerator(configuration, seed: seed)
        return generator.generate()
    }
}
