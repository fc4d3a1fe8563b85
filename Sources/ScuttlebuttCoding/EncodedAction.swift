// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The bytes of an action, on their way into a log.
///
/// Bytes that a program brings along are checked before they are dispatched. Bytes written here
/// need no check, because nothing but an action can come out:
///
/// ```swift
/// static let increment = EncodedAction(type: "increment")
///
/// EncodedAction(type: "add") { $0.write("by", amount) }  // {"type":"add","payload":{"by":3}}
/// ```
public struct EncodedAction: Sendable {
    /// The JSON text.
    public let bytes: Payload
    /// An upper bound on how deeply the value is nested, if it is proven to be an action; otherwise
    /// ``unproven``, and it must be checked.
    @usableFromInline let provenDepth: Int
    /// Whether the type begins with `@`, if the value is proven to be an action.
    @usableFromInline let isLocal: Bool

    /// More than any limit.
    static var unproven: Int { .max }

    /// Creates an action from bytes that are checked when they are dispatched.
    public init(unchecked bytes: Payload) {
        self.init(bytes, provenDepth: EncodedAction.unproven, isLocal: false)
    }

    /// Creates an action without a payload: `{"type":"…"}`.
    ///
    /// Keep it in a constant, and a dispatch does not write it again.
    ///
    /// - Parameter type: The type; if it is empty, dispatching the action fails.
    public init(type: String) {
        var bytes = EncodedAction.opening(type)
        bytes.append(0x7D)
        self.init(bytes, type: type, depth: 1)
    }

    /// Creates an action whose payload is an object: `{"type":"…","payload":{…}}`.
    ///
    /// - Parameters:
    ///   - type: The type; if it is empty, dispatching the action fails.
    ///   - write: Writes the members of the payload.
    public init(type: String, payload write: (inout MemberWriter) -> Void) {
        var bytes = EncodedAction.opening(type)
        bytes.append(contentsOf: #","payload":{"#.utf8)
        var writer = MemberWriter(bytes)
        write(&writer)
        writer.output.append(0x7D)
        writer.output.append(0x7D)
        self.init(writer.output, type: type, depth: 2)
    }

    init(_ bytes: Payload, provenDepth: Int, isLocal: Bool) {
        self.bytes = bytes
        self.provenDepth = provenDepth
        self.isLocal = isLocal
    }

    private init(_ bytes: Payload, type: String, depth: Int) {
        self.init(
            bytes, provenDepth: type.isEmpty ? EncodedAction.unproven : depth,
            isLocal: type.utf8.first == 0x40)
    }

    private static func opening(_ type: String) -> Payload {
        var bytes: Payload = []
        bytes.reserveCapacity(type.utf8.count + 64)
        bytes.append(contentsOf: #"{"type":"#.utf8)
        JSONWriter.append(type, to: &bytes)
        return bytes
    }

    /// Writes the members of an object.
    public struct MemberWriter {
        var output: Payload
        private var isFirst = true

        init(_ output: Payload) { self.output = output }

        /// Writes a number.
        public mutating func write(_ key: String, _ value: Int) {
            begin(key)
            JSONNumber.append(Int64(value), to: &output)
        }

        /// Writes a number, or `null` if it is not finite, as in JavaScript.
        public mutating func write(_ key: String, _ value: Double) {
            begin(key)
            if value.isFinite {
                JSONNumber.append(value, to: &output)
            } else {
                output.append(contentsOf: "null".utf8)
            }
        }

        /// Writes a string.
        public mutating func write(_ key: String, _ value: String) {
            begin(key)
            JSONWriter.append(value, to: &output)
        }

        /// Writes `true` or `false`.
        public mutating func write(_ key: String, _ value: Bool) {
            begin(key)
            output.append(contentsOf: (value ? "true" : "false").utf8)
        }

        private mutating func begin(_ key: String) {
            if !isFirst { output.append(0x2C) }
            isFirst = false
            JSONWriter.append(key, to: &output)
            output.append(0x3A)
        }
    }
}

extension EncodedAction {
    /// The bounds within which a proven action needs no look at its bytes.
    package struct ProvenLimits: Sendable {
        let byteCount: Int
        let depth: Int

        /// Creates the limits of a wire.
        package init(_ wire: ClassicWire) {
            byteCount = wire.byteCountWithinBounds
            depth = min(wire.bounds.depth, EncodedAction.unproven - 1)
        }
    }

    /// Returns the action as a payload that every peer will accept, checking what is not proven.
    ///
    /// - Parameter limits: The limits of `wire`, for callers that have them at hand.
    /// - Throws: As `ClassicWire.check(_:)`.
    package consuming func checked(
        for wire: ClassicWire, within limits: ProvenLimits
    ) throws(ReplicaError) -> CheckedPayload {
        if provenDepth <= limits.depth, bytes.count <= limits.byteCount {
            return CheckedPayload(proven: bytes, isLocalAction: isLocal)
        }
        return try wire.check(bytes)
    }

    /// Returns the action as a payload that every peer will accept, checking what is not proven.
    ///
    /// - Throws: As `ClassicWire.check(_:)`.
    package consuming func checked(for wire: ClassicWire) throws(ReplicaError) -> CheckedPayload {
        try checked(for: wire, within: ProvenLimits(wire))
    }
}
