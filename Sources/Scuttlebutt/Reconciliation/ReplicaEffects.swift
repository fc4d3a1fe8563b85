// SPDX-License-Identifier: MIT

/// What a replica asks of its driver after some transitions, and tells it.
public struct ReplicaEffects<Change: Sendable>: Sendable {
    /// Updates of others that were accepted, in their order: they are to be saved.
    public var accepted: [Update] = []
    /// What the application may want to know.
    public var reports: [Report] = []
    /// What changed in the value, in order; `nil` when nobody listens.
    public var changes: [Change]?
    /// Whether the value was built anew, so that ``changes`` does not tell all.
    public var isReset = false
    /// Whether every peer may have lines to send.
    public var wakesAll = false
    /// Connections to end for a fault of the peer; the replica has forgotten their sessions.
    public var closings: [(peer: PeerID, error: SessionError)] = []
    /// Each is to be answered by ``Replica/timerFired(_:into:)`` when its time is over; never
    /// cancelled.
    public var timers: [ReplicaTimer] = []

    /// Makes effects with nothing to do.
    ///
    /// - Parameter describesChanges: Whether somebody listens.
    public init(describesChanges: Bool) {
        changes = describesChanges ? [] : nil
    }
}

/// A time that a replica waits for.
public struct ReplicaTimer: Hashable, Sendable {
    let peer: PeerID
    let generation: Int
    /// How long to wait, in milliseconds.
    public let milliseconds: Int
}

/// Why a local write was refused; nothing has changed.
public struct ReplicaError: Error, Hashable, Sendable {
    /// The kind of reason; new kinds may be added.
    public struct Code: Hashable, Sendable {
        private enum Value: UInt8 {
            case notJSON, tooLarge, refused, sizeLimit, noTimestampLeft, closed
        }
        private let value: Value
        /// The payload is not one JSON value, or has a line break in it.
        public static let notJSON = Code(value: .notJSON)
        /// The payload is longer, deeper or has more elements than peers accept.
        public static let tooLarge = Code(value: .tooLarge)
        /// The payload does not fit the replicated type.
        public static let refused = Code(value: .refused)
        /// The replica would hold more bytes than its limit allows.
        public static let sizeLimit = Code(value: .sizeLimit)
        /// The source has used up its timestamps, which takes 2^52 own updates.
        public static let noTimestampLeft = Code(value: .noTimestampLeft)
        /// The replica was shut down.
        public static let closed = Code(value: .closed)
    }

    /// What kind of reason it was.
    public let code: Code
    /// One sentence for people.
    public let message: String

    /// Makes an error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ReplicaError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}

extension ClassicWire {
    /// The rest of a line beside its payload fits into this many bytes, escapes and all.
    private static let lineReserve = 8_192

    /// Checks that peers would take an own payload.
    ///
    /// - Throws: ``ReplicaError`` for what is no JSON value, or exceeds the bounds.
    /// - Complexity: O(n).
    func check(own payload: Payload) throws(ReplicaError) {
        let limit = maximumFrameByteCount - ClassicWire.lineReserve
        let failure: ReplicaError? = payload.withUnsafeBufferPointer { bytes in
            let byteCount =
                rules == .fork
                ? ClassicWire.frameByteCount(bytes, countingAbove: limit) : bytes.count
            if byteCount > limit {
                return ReplicaError(
                    .tooLarge, "the update has \(bytes.count) bytes, too many for a line")
            }
            do throws(JSONFailure) {
                try JSONScanner(bytes, bounds: bounds).validate()
            } catch {
                let isTooLarge =
                    error.code == .tooDeep || error.code == .stringTooLong
                    || error.code == .tooManyElements
                return ReplicaError(
                    isTooLarge ? .tooLarge : .notJSON, "the update's JSON: \(error.text)")
            }
            // White space may hold a line break, which would end the line in the middle.
            for byte in bytes where byte == 0x0A || byte == 0x0D {
                return ReplicaError(.notJSON, "the update's JSON has a line break in it")
            }
            guard rules == .fork else { return nil }
            do throws(ActionShape.Refusal) {
                _ = try ActionShape.isLocalAction(bytes)
                return nil
            } catch {
                return ReplicaError(.refused, error.text)
            }
        }
        if let failure { throw failure }
    }
}
