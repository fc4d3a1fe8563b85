// SPDX-License-Identifier: MIT

extension Gossip {
    /// Receives news of who is here.
    mutating func receive(_ news: PresenceNews, from peer: PeerID) -> Reception {
        let second = presence.second
        let excess: Int? =
            sessions.withMutableSession(peer) { session in
                session.options.acceptsUpdates ? session.presence.admit(news, in: second) : nil
            } ?? nil
        guard let excess else { return .nothing }
        if excess == 0 { presence.receive(news, from: peer) }
        return .presence(excess: excess)
    }

    /// Appends the news of who is here that a session is to be given now.
    mutating func appendPresence(
        _ session: inout Session, of peer: PeerID, to block: inout WireBlock
    ) {
        guard session.isPresenceDue(in: presence) else { return }
        presence.append(after: &session.presence, of: peer, to: &block)
    }

    /// Whether some peer has not been given all the news of who is here.
    package var owesPresence: Bool {
        !sessions.allSatisfy { !$0.takesPresence || $0.presence.place == presence.end }
    }
}

extension Session {
    /// Whether the peer is to be told who is here now.
    ///
    /// An original never answers a probe, and so hears nothing but its own protocol.
    func isPresenceDue(in table: borrowing PresenceTable) -> Bool {
        presence.isDue(in: table) && takesPresence && !owesHeader
    }

    /// Whether the peer understands news of who is here: it has answered a probe or sent one, or
    /// has told us who is here.
    var takesPresence: Bool { (probes.peerAnswers || presence.hasTold) && sending != .ended }
}
