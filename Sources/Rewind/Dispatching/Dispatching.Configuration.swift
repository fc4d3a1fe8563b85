// SPDX-License-Identifier: MIT

public import Scuttlebutt

extension Dispatching {
    /// What a dispatcher does, and its bounds.
    public struct Configuration: Hashable, Sendable {
        /// Whether each own action is signed before it is stamped.
        ///
        /// Default false.
        public var signs = false
        /// Whether each foreign update is verified before it is accepted.
        ///
        /// Default false.
        public var verifies = false
        /// Whether updates are saved, own ones before they can leave.
        ///
        /// Default false.
        public var savesUpdates = false
        /// What a peer's history is held back for at most, in updates, before it is replayed:
        /// 20,000.
        ///
        /// More means fewer replays of a long history and a longer wait for the first state.
        public var heldUpdateLimit = 20_000
        /// How long a peer that has not said SYNC must pause before what it sent is applied: 20 ms.
        ///
        /// A peer that never says SYNC is served too, this much later.
        public var holdPauseMilliseconds = 20
        /// How often in a row that pause may be awaited: 25 times, so half a second at the most.
        public var holdPauseLimit = 25
        /// How many updates may wait for verification: 65,536.
        ///
        /// The session of a peer that sends more is closed; it dials again and goes on where it
        /// was.
        public var pendingVerificationLimit = 65_536
        /// How many refused updates are remembered: 65,536.
        public var refusalLimit = 65_536
        /// The bounds of one value; `nil` for those of ``Scuttlebutt/ClassicWire``.
        public var bounds: JSONBounds?

        /// Makes the configuration of a peer that neither signs, verifies nor saves.
        public init() {}
    }
}

/// Names an own action that is being signed; counts from 0.
public struct DispatchID: Hashable, Comparable, Sendable {
    /// The number.
    public let number: Int

    /// Orders by age.
    public static func < (left: DispatchID, right: DispatchID) -> Bool {
        left.number < right.number
    }
}

/// Names an update that is being verified; counts from 1.
public struct VerificationID: Hashable, Sendable {
    /// The number.
    public let number: Int
}

/// What a policy says of an update.
public enum Verdict: Hashable, Sendable {
    /// It may enter the log.
    case accepted
    /// It must not; it is remembered, so that it is not verified again.
    case refused(String)
    /// The verifier itself failed. The update is dropped and not remembered, and so is what its
    /// senders sent after it of that source; their sessions are closed, and the next ones bring it
    /// again.
    case failed(String)
}

extension Dispatching {
    /// What a driver tells the machine.
    public enum Event: Sendable {
        /// An own action is to be signed and dispatched; for a machine that signs.
        case dispatched(Payload)
        /// The signer's answer: the action to send, or `nil` when it could not sign.
        case signed(DispatchID, Payload?)
        /// Everything up to this token is durable.
        case saved(Int)
        /// These lines came from a peer, together.
        case received(PeerID, [Incoming])
        /// The policy's answer.
        case verified(VerificationID, Verdict)
        /// The time that an effect asked for is over.
        case timerFired(PeerID, generation: Int)
        /// The connection of this session has ended.
        case closed(PeerID)
    }

    /// A line that came, and the fingerprint of its update where the machine verifies.
    public struct Incoming: Sendable {
        /// The decoded line.
        public var line: DecodedLine
        /// The hash of the update; needed only by a machine that verifies.
        public var fingerprint: Fingerprint?

        /// Makes an incoming line.
        public init(_ line: DecodedLine, fingerprint: Fingerprint? = nil) {
            self.line = line
            self.fingerprint = fingerprint
        }
    }

    /// What the machine asks of its driver.
    public enum Effect: Sendable {
        /// Ask the signer; answer with `signed`.
        case sign(DispatchID, Payload)
        /// This own action was stamped: fold it into the state.
        case dispatched(DispatchID, Update)
        /// This own action was refused by the signer, or has no place left; nothing changed.
        case dispatchRefused(DispatchID, String)
        /// Fold these updates into the state, with one notification.
        case apply([Update])
        /// Make these durable; then answer with `saved` and the token. Saves are done in order.
        case save(Int, [Update])
        /// Ask the policy; answer with `verified`.
        case verify(VerificationID, Update)
        /// Keep the fingerprint of a refused update.
        case remember(Fingerprint)
        /// This peer has lines to send.
        case wake(PeerID)
        /// Every live peer may have lines to send.
        case wakeAll
        /// Answer with `timerFired` after this time; never cancelled.
        case startTimer(PeerID, generation: Int, milliseconds: Int)
        /// End this connection; the machine has forgotten its session.
        case close(PeerID, SessionError)
        /// Tell the application.
        case report(Report)
    }
}
