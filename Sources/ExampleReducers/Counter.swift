// SPDX-License-Identifier: MIT

public import PortableReducers
public import Scuttlebutt

/// A number that everyone can count up and down.
public struct Counter: PortableState, Hashable {
    /// What can happen.
    public enum Action: CaseIterable, PortableAction {
        /// Counts up.
        case increment
        /// Counts down.
        case decrement
        /// Counts up if the number is odd.
        case incrementOdd

        /// What travels is `{"type":"INCREMENT"}`; a case may be renamed, but not this.
        public var type: StaticString {
            switch self {
            case .increment: "INCREMENT"
            case .decrement: "DECREMENT"
            case .incrementOdd: "INCREMENT_ODD"
            }
        }
    }

    /// The number, which wraps around on overflow.
    ///
    /// Not an `Int`, which has 32 bits in a page.
    public private(set) var value: Int64 = 0

    /// Creates the initial state, 0.
    public init() {}

    /// Every peer runs this over everybody's actions, in one order, and again when a late action
    /// takes its place; so it may depend on nothing but its arguments.
    public mutating func reduce(_ action: Action, at stamp: Stamp?) {
        switch action {
        case .increment: value &+= 1
        case .decrement: value &-= 1
        case .incrementOdd: if value % 2 != 0 { value &+= 1 }
        }
    }

    /// Writes `{"counter":n}`.
    public func write(to json: inout JSONOutput) {
        json.object { $0.member("counter", value) }
    }
}

#if !hasFeature(Embedded)
    // For checkpoints in a store. Embedded Swift has no `Codable`.
    extension Counter: Codable {}
#endif
