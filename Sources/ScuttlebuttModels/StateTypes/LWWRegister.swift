// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One value, of which the write with the highest stamp stays.
///
/// Of two writes at the same time one is lost without a trace. Pitfall: "last" is by logical time,
/// not by clock: who comes back from a long time offline writes into the past and loses.
///
/// Does not grow: the value and one stamp.
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

    /// Makes a register that was never written.
    public init() {}

    /// Takes the value unless a later one is here.
    public mutating func apply(_ operation: Operation, at stamp: Stamp) {
        switch operation {
        case .write(let value): take(Mark(stamp: stamp, value: value))
        }
    }

    /// Takes the other register's value if it is later.
    public mutating func merge(_ other: LWWRegister) {
        if let mark = other.mark { take(mark) }
    }

    /// Nothing is dropped: the stamp is needed to refuse what is older.
    public mutating func compact(stableBefore stamp: Stamp) {}

    private mutating func take(_ mark: Mark<Value>) {
        if let own = self.mark, mark.stamp <= own.stamp { return }
        self.mark = mark
    }
}
