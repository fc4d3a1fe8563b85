// SPDX-License-Identifier: MIT

/// Thrown by a hand-written `init(from:)` of an action for an unknown `type`.
///
/// ``ActionCodec`` then treats the action as unknown instead of failing.
public struct UnknownActionTypeError: Error, Hashable, Sendable {
    /// The unknown `type`.
    public let type: String

    /// Creates an error for an unknown type.
    public init(_ type: String) { self.type = type }
}
