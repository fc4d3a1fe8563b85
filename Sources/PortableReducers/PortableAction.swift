// SPDX-License-Identifier: MIT

/// An action of a ``PortableState``, and how it travels: `{"type":"…","payload":…}`.
///
/// An enumeration whose cases have no values only names their types:
///
/// ```swift
/// enum Action: CaseIterable, PortableAction {
///     case increment, decrement
///     var type: StaticString { self == .increment ? "INCREMENT" : "DECREMENT" }
/// }
/// ```
public protocol PortableAction: Sendable {
    /// The `type` under which the action travels, in ASCII; it must not change once shipped.
    ///
    /// An action whose type begins with `@` stays on the peer that dispatched it.
    var type: StaticString { get }

    /// Decodes an action, or returns `nil` for one that is not among these.
    ///
    /// Anybody may send anything: look at the payload before you believe it.
    init?(_ action: ActionText)

    /// Writes the value of `payload`, or nothing for an action without one, which is the default.
    func writePayload(to json: inout JSONOutput)
}

extension PortableAction {
    /// Writes nothing.
    public func writePayload(to json: inout JSONOutput) {}

    /// The action as it travels.
    public var jsonBytes: [UInt8] {
        var output = JSONOutput()
        output.object { json in
            json.key("type")
            json.ascii(type)
            json.optionalMember("payload") { writePayload(to: &$0) }
        }
        return output.bytes
    }
}

extension PortableAction where Self: CaseIterable {
    /// Decodes the action by its type alone.
    public init?(_ action: ActionText) {
        for known in Self.allCases where action.type.isASCII(known.type) {
            self = known
            return
        }
        return nil
    }
}
