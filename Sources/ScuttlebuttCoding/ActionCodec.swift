// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Converts actions to payload bytes and back.
public struct ActionCodec<Action: Sendable>: Sendable {
    /// Encodes an action as a JSON object with a non-empty `type`.
    ///
    /// Called once per dispatched action. The bytes are stored and sent.
    public let write: @Sendable (Action) throws -> EncodedAction

    /// Decodes an action, or returns `nil` if its `type` is unknown.
    ///
    /// Throws for a known type with invalid contents. Must not trap on any bytes. The same bytes
    /// must always give the same action, because a store decodes old actions again when it folds
    /// them again. It does so while it is locked, so this must not use the store.
    public let decode: @Sendable (Payload) throws -> Action?

    /// Creates a codec that writes actions in a form that needs no check; see ``EncodedAction``.
    @inlinable
    public init(
        write: @escaping @Sendable (Action) throws -> EncodedAction,
        decode: @escaping @Sendable (Payload) throws -> Action?
    ) {
        self.write = write
        self.decode = decode
    }

    /// Creates a codec that returns bytes, which are checked each time.
    public init(
        encode: @escaping @Sendable (Action) throws -> Payload,
        decode: @escaping @Sendable (Payload) throws -> Action?
    ) {
        self.init(write: { EncodedAction(unchecked: try encode($0)) }, decode: decode)
    }

    /// Returns the bytes of an action.
    ///
    /// - Throws: What the codec throws for an action that it cannot encode.
    public func encode(_ action: Action) throws -> Payload { try write(action).bytes }
}

extension ActionCodec where Action: Codable {
    /// The flat form: `{"type":"<case>","payload":…}`.
    ///
    /// For an enumeration with synthesised `Codable`, `type` is the coding key of the case (its
    /// name, unless `CodingKeys` says otherwise). A case without values has no `payload`. A single
    /// unlabelled value is the `payload` itself. Labelled or several values are an object in
    /// `payload`, with keys `_0`, `_1`, … for unlabelled ones. A raw-value enumeration of strings
    /// only has a `type`.
    ///
    /// Decoding accepts members in any order and ignores others. Types that encode an object with
    /// their own `type` are left as they are.
    public static var flat: ActionCodec { flat(bounds: JSONBounds()) }

    /// Returns a codec for the flat form with custom bounds for decoding.
    public static func flat(bounds: JSONBounds) -> ActionCodec {
        ActionCodec(
            write: { action in try JSONWriter().finishAction(action) },
            decode: { payload in
                try JSONReader(payload, bounds: bounds).decodeFlat(Action.self)
            })
    }
}

extension ActionCodec where Action == RawAction {
    /// Passes every action through as its bytes.
    ///
    /// Encoding checks syntax and shape: it throws `JSONError` for bytes that are not JSON and
    /// `ActionShape.ShapeError` for JSON that is not an action. Decoding only checks the shape,
    /// because the wire and the store have already checked the syntax.
    public static var raw: ActionCodec {
        @Sendable func checkShape(_ payload: Payload) throws {
            _ = try payload.withUnsafeBufferPointer { try ActionShape.isLocalAction($0) }
        }
        // The wire and the store have their own bounds; only the syntax is checked here.
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
