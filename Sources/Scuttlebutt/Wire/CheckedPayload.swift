// SPDX-License-Identifier: MIT

/// A payload that every peer accepts, by its type: nobody has to look at its JSON again.
///
/// It is one JSON value within the bounds of a wire, without a line break, and short enough for a
/// Primus frame. On the fork's wire it is an action. ``ClassicWire/check(_:)`` creates one from any
/// bytes.
public struct CheckedPayload: Sendable {
    /// The bytes of the JSON value.
    public let bytes: Payload
    /// Whether it is an action whose type begins with `@`, and so stays with this peer.
    public let isLocalAction: Bool

    /// Creates a payload that needs no check, for writers whose output cannot be anything else.
    @usableFromInline
    package init(proven bytes: Payload, isLocalAction: Bool) {
        self.bytes = bytes
        self.isLocalAction = isLocalAction
    }

    /// Moves the bytes out.
    @inline(__always)
    consuming func takeBytes() -> Payload { bytes }
}

extension ClassicWire {
    /// The rest of a line beside its payload fits into this many bytes, escapes included.
    private static let lineReserve = 8_192

    /// The longest payload that peers accept from us, as a Primus frame in bytes.
    @usableFromInline
    package var maximumPayloadByteCount: Int { maximumFrameByteCount - ClassicWire.lineReserve }

    /// The length up to which a JSON value that is not nested too deeply is within all bounds,
    /// whatever it consists of.
    package var byteCountWithinBounds: Int {
        min(bounds.stringByteCount, bounds.elementCount, maximumPayloadByteCount / 2)
    }

    /// Checks that every peer will accept an own payload.
    ///
    /// - Throws: ``ReplicaError`` with the code `notJSON`, `tooLarge` or, for a value that is not
    ///   an action where actions are exchanged, `notAnAction`.
    /// - Complexity: O(n).
    public func check(_ payload: Payload) throws(ReplicaError) -> CheckedPayload {
        let result = payload.withUnsafeBufferPointer { check($0) }
        return CheckedPayload(proven: payload, isLocalAction: try result.get())
    }

    /// Returns whether the bytes are an action that stays local.
    private func check(_ bytes: UnsafeBufferPointer<UInt8>) -> Result<Bool, ReplicaError> {
        let limit = maximumPayloadByteCount
        let byteCount =
            rules == .fork
            ? ClassicWire.frameByteCount(bytes, countingAbove: limit) : bytes.count
        guard byteCount <= limit else {
            return .failure(
                ReplicaError(
                    .tooLarge,
                    Wording.text(
                        "the payload is too long for a line",
                        "a payload of \(bytes.count) bytes is too long for a line")))
        }
        do throws(JSONError) {
            try JSONScanner(bytes, bounds: bounds).validate()
        } catch {
            let isTooLarge =
                error.code == .tooDeep || error.code == .stringTooLong
                || error.code == .tooManyElements
            return .failure(
                ReplicaError(
                    isTooLarge ? .tooLarge : .notJSON,
                    Wording.text(error.text, "invalid JSON: \(error.text)")))
        }
        // White space may contain a line break, which would end the line in the middle.
        for byte in bytes where byte == 0x0A || byte == 0x0D {
            return .failure(ReplicaError(.notJSON, "invalid JSON: a payload has no line breaks"))
        }
        guard rules == .fork else { return .success(false) }
        do throws(ActionShape.ShapeError) {
            return .success(try ActionShape.isLocalAction(bytes))
        } catch {
            return .failure(ReplicaError(.notAnAction, error.text))
        }
    }
}
