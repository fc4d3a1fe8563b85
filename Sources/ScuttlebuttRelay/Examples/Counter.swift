// SPDX-License-Identifier: MIT

public import Redux
import Scuttlebutt
public import ScuttlebuttCoding

/// The state of the counter example: a number that everybody counts up and down.
public struct Counter: Hashable, Sendable {
    /// The number; it wraps around at the ends of `Int`, which nobody reaches by counting.
    public private(set) var value = 0

    /// Makes the first state, 0.
    public init() {}

    /// INCREMENT adds 1, DECREMENT subtracts 1, INCREMENT_ODD adds 1 when the value is odd.
    ///
    /// Other types change nothing.
    public static let reducer = Reducer<Counter, RawAction> { state, action in
        state.perform(ExampleAction.kind(of: action))
    }

    mutating func perform(_ kind: ExampleAction?) {
        switch kind {
        case .increment: value &+= 1
        case .decrement: value &-= 1
        case .incrementOdd: if value % 2 != 0 { value &+= 1 }
        default: break
        }
    }

    /// The state as JSON, `{"counter":n}`.
    public var json: [UInt8] { Array("{\"counter\":\(value)}".utf8) }
}
