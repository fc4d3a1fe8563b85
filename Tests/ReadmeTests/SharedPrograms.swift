// SPDX-License-Identifier: MIT

// The programs that share a reducer with a page, on the README and in docs/swift-reducers.md;
// `SharedReducerTests` compares them, and `address` stands for the printed one.

import PortableReducers
import ReduxScuttlebutt
import ScuttlebuttNIO

func openVotes(at address: String) throws -> GossipStore<Votes, Votes.Action> {
    // Begin Votes
    let store = try GossipStore(Votes.self)
    store.dispatch(.yes)
    // End
    store.connect(try .webSocket(address))
    return store
}

func openPoll(at address: String) throws -> GossipStore<Poll, Poll.Action> {
    // Begin Poll
    let store = try GossipStore(Poll.self)
    store.connect(try .webSocket(address))
    store.dispatch(.vote("soup"))
    // End
    return store
}
