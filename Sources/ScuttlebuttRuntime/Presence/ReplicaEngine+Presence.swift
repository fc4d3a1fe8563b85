// SPDX-License-Identifier: MIT

package import Scuttlebutt
import Synchronization

extension ReplicaEngine: PresenceHost {
    package var presence: (own: PresentPeer?, others: [PresentPeer]) {
        let (own, others) = withReplica { replica in
            let table = replica.gossip.presence
            return (table.ownNews, table.others)
        }
        return (
            own.flatMap(Self.peer),
            others.compactMap(Self.peer).sorted { $0.source < $1.source }
        )
    }

    private static func peer(_ news: PresenceNews) -> PresentPeer? {
        news.value.map { PresentPeer(source: news.source, json: $0) }
    }

    package func setPresence(lifetime: Int?, _ make: (Payload?) throws -> Payload?) throws {
        let now = hooks.wallClock()
        try transition { state in
            guard !state.isClosed else {
                throw ReplicaError(.closed, "the replica was shut down")
            }
            let current = state.replica.gossip.presence.ownNews
            try state.replica.setPresence(
                try make(current?.value),
                lifetime: lifetime ?? state.replica.gossip.presence.ownLifetime,
                wallClock: now, into: &state.effects)
        }
    }

    /// Says that we are leaving, and gives the links a moment to take it.
    ///
    /// Who does not hear it sees us until the news expires.
    package func leave() async {
        guard presence.own != nil else { return }
        try? setPresence(lifetime: nil) { _ in nil }
        let end = ContinuousClock.now + Self.leavingLimit
        while ContinuousClock.now < end, withReplica({ $0.gossip.owesPresence }) {
            try? await Task.sleep(for: .milliseconds(5))
        }
        // What was handed to a link may still be in its buffers.
        if withReplica({ $0.gossip.peerCount > 0 }) {
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    /// How long a shutdown waits until the links have taken that we are leaving: half a second.
    private static var leavingLimit: Duration { .milliseconds(500) }
}
