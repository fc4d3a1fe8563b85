// SPDX-License-Identifier: MIT

extension Simulation {
    /// The kind of scripts to generate from seeds.
    public struct Configuration: Hashable, Sendable {
        /// The number of peers; default 8.
        public var peers = 8
        /// Who dials whom; default `nil`, which lets the seed choose.
        public var topology: Topology?
        /// The possible kinds of fault, of which each seed draws some; default all.
        public var faults = Faults.all
        /// The number of steps in a script; default 120.
        public var steps = 120
        /// The average interval between steps, in milliseconds of virtual time; default 25.
        public var pace = 25
        /// The percentage of steps that dispatch an action; default 70.
        public var dispatchPercentage = 70

        /// Creates the default configuration.
        public init() {}
    }

    /// Returns the script generated from a seed.
    public func script(seed: UInt64) -> Script {
        var generator = ScriptGenerator(configuration, seed: seed)
        return generator.generate()
    }
}
