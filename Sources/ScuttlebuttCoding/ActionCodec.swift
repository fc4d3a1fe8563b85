// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// An action that travels between peers.
///
/// An enumeration with the compiler's `Codable` is written in the flat form of redux (see
/// ``ActionCodec/flat``). The names of its cases are the wire: once shipped they may not change,
/// so pin them with `CodingKeys`.
public protocol GossipAction: Codable, Sendable {
    /// Whether this action stays with the peer that dispatched it; by default none does.
    ///
    /// Beside this marker, actions whose type begins with `@` stay local.
    var isLocalOnly: Bool { get }
}

extension GossipAction {
    /// No action stays local by its marker.
    public var isLocalOnly: Bool { false }
}

/// How actions become payload bytes and back.
public struct ActionCodec<Action: Sendable>: Sendable {
    /// The bytes of an action: a JSON object with a non-empty `type`.
    ///
    /// Called once per dispatched action; the bytes are what is stored and sent.
    public let encode: @Sendable (Action) throws -> Payload

    /// The action that some bytes stand for, or `nil` when their `type` is not known here.
    ///
    /// Throws for a known type whose contents do not fit. Must not trap on any bytes.
    public let decode: @Sendable (Payload) throws -> Action?

    /// Makes a codec of its two directions.
    public init(
        encode: @escaping @Sendable (Action) throws -> Payload,
        decode: @escaping @Sendable (Payload) throws -> Action?
    ) {
        self.encode = encode
        self.decode = decode
    }
}

extension ActionCodec where Action: Codable {
    /// The flat form: `{"type":"<case>","payload":…}`.
    ///
    /// For an enumeration with the compiler's `Codable`, `type` is the coding key of the case (its
    /// name, unless `CodingKeys` says otherwise). A case without values has no `payload`; one
    /// unlabelled value is the `payload`; labelled or several values are an object in it, with keys
    /// `_0`, `_1`, … for those without a label. An enumeration of raw strings is a `type` alone.
    ///
    /// Reading takes members in any order and ignores others. Types that encode an object with a
    /// `type` of their own are left as they are.
    public static var flat: ActionCodec { flat(bounds: JSONBounds()) }

    /// The flat form, with bounds of your own for what is decoded.
    public static func flat(bounds: JSONBounds) -> ActionCodec {
        ActionCodec(
            encode: { action in try JSONWriter().finishAction(action) },
            decode: { payload in
                try JSONReader(payload, bounds: bounds).decodeFlat(Action.self)
            })
    }
}

/// An action of any type, as its bytes.
public struct RawAction: Sendable, Hashable {
    /// A JSON object with a `type`.
    public let payload: Payload

    /// Makes an action of its bytes, which ``ActionCodec/raw`` checks.
    public init(payload: Payload) { self.payload = payload }

    /// The text of `type`; empty when the bytes are no action.
    ///
    /// - Complexity: O(*n*) in the bytes.
    public var type: String {
        guard case .action(let type) = ActionShape.inspect(payload) else { return "" }
        return String(decoding: type, as: UTF8.self)
    }
}

extension ActionCodec where Action == RawAction {
    /// Every action as its bytes.
    ///
    /// Writing checks the syntax and the shape: it throws `JSONFailure` for what is not JSON and
    /// `ActionShape.Refusal` for what is not an action. Reading checks the shape only, for the wire
    /// and the store have checked the syntax of what they hand on.
    public static var raw: ActionCodec {
        @Sendable func checkShape(_ payload: Payload) throws {
            _ = try payload.withUnsafeBufferPointer { try ActionShape.isLocalAction($0) }
        }
        // The wire and the store have bounds of their own; here only the syntax counts.
        let unbounded = JSONBounds(depth: .max, stringByteCount: .max, elementCount: .max)
        return ActionCodec(
            encode: { action in
                try action.payload.withUnsafeBufferPointer {
                    try JSONScanner($0, bounds: unbounded).validate()
                }
                try checkShape(action.payload)
                return action.payload
            },
            decode: { payload in
                try checkShape(payload)
                return RawAction(payload: payload)
            })
    }
}
