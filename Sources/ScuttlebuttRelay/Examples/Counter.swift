// SPDX-License-Identifier: MIT

public import Redux
public import ScuttlebuttCoding

/// The state of the counter example: a number that everyone can count up and down.
public struct Counter: Hashable, Codable, Sendable {
    /// The number, which wraps around on overflow.
    public private(set) var value = 0

    /// Creates the initial state, 0.
    public init() {}

    /// Adds 1 for `INCREMENT`, subtracts 1 for `DECREMENT`, and adds 1 for `INCREMENT_ODD` if the
    /// value is odd.
    ///
    /// Actions of other types change nothing.
    public static let reducer = Reducer<Counter, RawAction> { state, action in
        state.apply(ExampleAction.kind(of: action))
    }

    mutating func apply(_ kind: ExampleAction?) {
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
