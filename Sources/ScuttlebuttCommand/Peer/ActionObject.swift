// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime

/// `peer actions`: the same peer as in `join`, with the commands of `peer`.
struct ActionObject: GossipingPeer {
    let peer: ActionPeer

    var source: Source { peer.store.source }
    var swarm: Swarm { peer.store.swarm }

    func reply(to line: [UInt8]) async -> PeerReply {
        await peer.reply(to: line, .actions, stateName: "dump", keepsTails: true)
    }

    func follower() -> any PeerFollower { Follower(peer) }

    func close() async throws { try await peer.close() }
}
