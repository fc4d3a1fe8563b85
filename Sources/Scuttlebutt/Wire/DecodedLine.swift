// SPDX-License-Identifier: MIT

/// The result of decoding a line of the wire.
public enum DecodedLine: Hashable, Sendable {
    /// A message.
    case message(Message)
    /// A JSON value without a meaning on this wire (a number, another string, …), or a blank line.
    case ignored
    /// An update that violates a rule; the connection stays open.
    case refused(Refusal)
}
