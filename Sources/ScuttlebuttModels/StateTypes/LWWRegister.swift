// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A single value: the write with the greatest stamp wins.
///
/// Of two concurrent writes, one is lost without a trace. Pitfall: "last" is by logical time, not
/// by the wall clock, so a peer that comes back after a long time offline writes into the past and
/// loses.
///
/// It does not grow: it consists of the value and one stamp.
public struct LWWRegister<Value: Codable & Equatable & Sendable>: CommutingOperations, Mergeable {
    /// A change of the register.
    public enum Operation: Codable, Equatable, Sendable {
        /// Replaces the value.
        case write(Value)

        private enum WriteCodingKeys: String, CodingKey { case _0 = "value" }
    }

    /// The value, or `nil` before the first write.
    public var value: Value? { mark?.value }

    private var mark: Mark<Value>?

    /// Creates a register without a write.
    public init() {}

    /// Replaces the value, unless there is a later one.
    @discardableResult
    public mutating func apply(_ operation: Operation, at stamp: Stamp) -> OperationOutcome {
        switch operation {
        case .write(let value): take(Mark(stamp: stamp, value: value))
        }
        return .applied
    }

    /// Takes over the other register's value if it is later.
    public mutating func merge(_ other: LWWRegister) {
        if let mark = other.mark { take(mark) }
    }

    /// Drops nothing: the stamp is needed to reject older writes.
    public mutating func compact(stableBefore stamp: Stamp) {}

    private mutating func take(_ mark: Mark<Value>) {
        if let own = self.mark, mark.stamp <= own.stamp { return }
        self.mark = mark
    }
}
