// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An action of any type, represented by its bytes.
public struct RawAction: Sendable, Hashable {
    /// A JSON object with a `type`.
    public let payload: Payload

    /// Creates an action from its bytes, which ``ActionCodec/raw`` checks.
    public init(payload: Payload) { self.payload = payload }

    /// The text of `type`, or an empty string if the bytes are not an action.
    ///
    /// - Complexity: O(n), where n is the number of bytes.
    public var type: String {
        guard case .action(let type) = ActionShape.inspect(payload) else { return "" }
        return String(decoding: type, as: UTF8.self)
    }
}
