// SPDX-License-Identifier: MIT

extension Replica {
    /// Sets what this peer says about itself for the moment, or ends it.
    ///
    /// It is told to the peers, repeated while it holds, and never saved. Setting the same value
    /// again tells it again, at most once a second.
    ///
    /// - Parameters:
    ///   - value: One JSON object, see ``PresenceNews/check(_:)``; `nil` to leave.
    ///   - lifetime: For how many seconds the value holds for those who hear nothing more; one of
    ///     ``PresenceNews/lifetimes``.
    ///   - milliseconds: The wall clock, in milliseconds since 1970. It makes the news newer than
    ///     what was said before a restart.
    ///   - effects: What is to be done is appended to it.
    /// - Throws: ``ReplicaError`` with the code `notJSON`, `tooLarge` or `refused`; nothing has
    ///   changed then.
    public mutating func setPresence(
        _ value: Payload?, lifetime: Int = PresenceNews.usualLifetime,
        wallClock milliseconds: Double, into effects: inout [Effect]
    ) throws(ReplicaError) {
        if let value { try PresenceNews.check(value) }
        guard PresenceNews.lifetimes.contains(lifetime) else {
            throw ReplicaError(.refused, "a presence holds for 3 to 3,600 seconds")
        }
        gossip.presence.set(value, lifetime: lifetime, wallClock: milliseconds)
        settlePresence(into: &effects)
    }

    /// Notes news of a peer.
    ///
    /// - Parameter excess: See ``Gossip/Reception``.
    mutating func notePresence(of peer: PeerID, excess: Int, into effects: inout [Effect]) {
        if excess == 1 {
            refuse(
                Refusal(.presence, "there is too much news of who is here"), peer, into: &effects)
        }
        // Whoever tells us understands what we tell, and may have been told nothing yet.
        if gossip.hasWork(for: peer) { effects.append(.wake(peer)) }
        settlePresence(isCounting: true, into: &effects)
    }

    /// Tells what has changed, starts the timers that presence needs, and lets sessions send news.
    ///
    /// - Parameter isCounting: Whether the second is needed although nobody is here.
    mutating func settlePresence(isCounting: Bool = false, into effects: inout [Effect]) {
        if !gossip.presence.changed.isEmpty {
            effects.append(.presence(gossip.presence.takeChanged()))
        }
        if gossip.presence.tickTimer == nil, isCounting || !gossip.presence.isIdle {
            gossip.presence.tickTimer = startPresenceTimer(.presenceTick, 1_000, into: &effects)
        }
        guard gossip.presence.isRoundDue, gossip.presence.roundTimer == nil, gossip.peerCount > 0
        else { return }
        gossip.presence.beginRound()
        gossip.presence.roundTimer = startPresenceTimer(
            .presenceRound, PresenceTable.roundMilliseconds, into: &effects)
        effects.append(.wakeAll)
    }

    private mutating func startPresenceTimer(
        _ purpose: ReplicaTimer.Purpose, _ milliseconds: Int, into effects: inout [Effect]
    ) -> Int {
        lastTimer += 1
        effects.append(
            .startTimer(
                ReplicaTimer(
                    purpose: purpose, peer: .nobody, generation: lastTimer,
                    milliseconds: milliseconds)))
        return lastTimer
    }

    /// A second has passed, if this is the timer that was started last.
    mutating func presenceTickFired(_ generation: Int, into effects: inout [Effect]) {
        guard gossip.presence.tickTimer == generation else { return }
        gossip.presence.tickTimer = nil
        gossip.presence.tick()
        settlePresence(into: &effects)
    }

    /// A round is over.
    mutating func presenceRoundFired(_ generation: Int, into effects: inout [Effect]) {
        guard gossip.presence.roundTimer == generation else { return }
        gossip.presence.roundTimer = nil
        settlePresence(into: &effects)
    }
}
