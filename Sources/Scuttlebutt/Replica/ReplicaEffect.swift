// SPDX-License-Identifier: MIT

/// What a ``Replica`` asks of its driver.
///
/// A driver has these duties:
///
/// 1. **Atomicity.** It holds one lock over a transition *and* the queueing of its effects, so that
///    the effects of two transitions are queued in the order of the transitions. It performs no
///    effect under that lock.
/// 2. **Exactly once.** Each effect is performed once, and none is dropped. Two exceptions lose
///    nothing: ``wake(_:)`` and ``wakeAll`` may be merged with others of their kind that are still
///    queued, and ``remember(_:)`` may fail.
/// 3. **Notices in order.** ``accepted(_:)``, ``changed(_:isReset:)``, ``signed(_:_:)``,
///    ``notSigned(_:_:)`` and ``report(_:)`` are performed one at a time, in the order in which
///    they were queued. Adjacent ones of one kind may be merged into one batch.
/// 4. **Saves in order.** ``save(_:_:)`` is performed in the order of the tokens. Several may be
///    saved together. ``ReplicaInput/saved(_:)`` is reported when everything up to that token is
///    durable, and not before: own updates leave the process then.
/// 5. **Questions.** ``sign(_:_:)`` and ``verify(_:_:)`` are each answered once, in any order and
///    after any time. The replica keeps the order of each source itself.
/// 6. **Wakes.** After ``wake(_:)`` or ``wakeAll``, the driver pulls for that peer until it gets
///    `nil`, whenever the connection has room. It may also pull without being asked.
/// 7. **Timers.** ``startTimer(_:)`` hands the timer back after its time or later. Timers are never
///    cancelled, and a waiting timer keeps nothing alive.
/// 8. **Ends.** After ``close(_:_:)`` the connection ends. The replica has already forgotten the
///    session, so that lines which still arrive, and pulls, find nothing.
///
/// 9. **Reads.** ``read(_:)`` is answered with ``ReplicaInput/read(_:_:)``: the next updates after
///    that stamp which are durable, in agreed order, or that they cannot be read. Only a replica
///    whose value has dropped updates from memory asks.
///
/// Nothing else is ordered: the three groups *notices* (3), *saves* (4) and *side effects* (5–9,
/// ``remember(_:)`` and ``presence(_:)``) may run side by side, and side effects in any order among
/// themselves. An update may be folded before it is durable, and durable before it is folded.
public enum ReplicaEffect<Change: Sendable>: Sendable {
    /// These updates of others were accepted, in this order, and are part of the value.
    case accepted([Update])
    /// The value changed in this way; only while ``Replica/describesChanges`` is true.
    ///
    /// With `isReset` the value was rebuilt, and the changes do not say everything.
    case changed([Change], isReset: Bool)
    /// Ask the signer to sign this own payload.
    case sign(SigningID, Payload)
    /// This own payload was signed, stamped and written.
    case signed(SigningID, Update)
    /// This own payload could not be signed or written; nothing changed.
    case notSigned(SigningID, String)
    /// Make these updates durable.
    case save(Int, [Update])
    /// Ask the verifier about this update.
    case verify(VerificationID, Update)
    /// Keep the fingerprint of a refused update for the next life of this replica.
    case remember(Fingerprint)
    /// There may be lines to send to this peer.
    case wake(PeerID)
    /// There may be lines to send to every peer.
    case wakeAll
    /// Hand this timer back when its time is over.
    case startTimer(ReplicaTimer)
    /// Read a part of the log from the storage.
    case read(StoredRange)
    /// End the connection of this session.
    case close(PeerID, SessionError)
    /// Tell the application.
    case report(ReplicaEvent)
    /// These sources are here or gone now, or say something else of themselves; see
    /// ``PresenceTable``.
    case presence([Source])
}

/// A time that a ``Replica`` waits for; its driver hands it back unchanged.
public struct ReplicaTimer: Hashable, Sendable {
    enum Purpose: Hashable, Sendable {
        /// A peer's history is held back until it pauses.
        case hold
        /// Own updates of an earlier life are awaited from a peer.
        case homecoming
        /// A second passes for what is known of who is here.
        case presenceTick
        /// Peers may be told again who is here.
        case presenceRound
    }

    let purpose: Purpose
    /// Whom it is about; ``PeerID/nobody`` if it is about no session.
    let peer: PeerID
    /// Tells a timer from earlier ones of its peer, which have outlived their purpose.
    let generation: Int
    /// How long to wait, in milliseconds.
    public let milliseconds: Int
}
