// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An action as it travels, read on demand.
///
/// ```swift
/// switch action.type {
/// case "TOGGLE": …
/// default: return nil
/// }
/// ```
public struct ActionText: Sendable {
    /// The whole action.
    public let json: JSONText
    /// The value of `type`, a string that is not empty.
    public let type: JSONText
    /// The value of `payload`, if there is one.
    public let payload: JSONText?

    /// Reads the members of an action; returns `nil` for a value that is not one.
    ///
    /// As in JavaScript, the last of equal keys counts.
    ///
    /// - Parameter bytes: JSON that a peer has validated. For other bytes the result is arbitrary.
    /// - Complexity: O(n), where n is the number of bytes.
    public init?(_ bytes: Payload) {
        var (type, payload, meta): (Range<Int>?, Range<Int>?, Range<Int>?) = (nil, nil, nil)
        bytes.withUnsafeBufferPointer { buffer in
            var members = JSONMembers(buffer)
            while let member = members?.next() {
                if JSONMembers.key(member.key, in: buffer, is: "type") {
                    type = member.value
                } else if JSONMembers.key(member.key, in: buffer, is: "payload") {
                    payload = member.value
                } else if JSONMembers.key(member.key, in: buffer, is: "meta") {
                    meta = member.value
                }
            }
        }
        guard let type, type.count > 2, bytes[type.lowerBound] == UInt8(ascii: "\""),
            meta.map({ bytes[$0.lowerBound] == UInt8(ascii: "{") }) ?? true
        else { return nil }
        json = JSONText(bytes)
        self.type = JSONText(bytes, type)
        self.payload = payload.map { JSONText(bytes, $0) }
    }
}
