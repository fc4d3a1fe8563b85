// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// Found by the simulator: an own write that was not saved yet replaced an older update of
/// somebody else, a new peer was sent what that one wrote later, and the power failed.
@Suite("Unsettled history", .timeLimit(.minutes(20))) struct UnsettledHistoryTests {
    private let us: ReplicaBench<LastWriterMap>
    private let feeder: PeerID

    init() throws {
        us = try ReplicaBench("US", LastWriterMap())
        feeder = us.replica.open()
        us.receive(.update(update("S", 1)), from: feeder)
        let other = update("S", 2)
        us.receive(
            .update(
                Update(
                    payload: Array("[\"j\",1]".utf8), timestamp: other.timestamp,
                    source: other.source)), from: feeder)
    }

    @Test("What an unsaved write replaced is not skipped before that write is safe")
    func hiding() throws {
        let written = try us.write("2")
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        #expect(us.said(peer).count == 1, "the header")
        #expect(!us.replica.gossip.hasWork(for: peer))
        us.commit(written)
        #expect(us.replica.gossip.hasWork(for: peer))
        #expect(us.said(peer) == ["[[\"j\",1],2,\"S\"]", "[[\"k\",2],3,\"US\"]", "\"SYNC\""])
    }

    @Test("Who never stops writing still gives a history", arguments: [1, 2, 100])
    func neverSettled(limit: Int) throws {
        var waiting = [try us.write("0")]
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        var said: [String] = []
        for number in 1...40 {
            waiting.append(try us.write("\(number)", key: "\(number)"))
            us.commit(waiting.removeFirst())
            while let outgoing = us.pull(peer, DeltaLimit(updates: limit)) {
                said += us.lines(of: outgoing)
            }
            // A history of one at a time is as slow as the disk.
            if limit == 100 { #expect(said.contains("\"SYNC\"") == (number > 1)) }
        }
        us.commit(waiting.removeFirst())
        said += us.said(peer)
        #expect(said.count { $0 == "\"SYNC\"" } == 1)
        let values = said.filter { $0.hasPrefix("[") }
        #expect(Set(values).count == values.count, "nothing twice")
        // `j` of S, and `k` and 40 keys of ours.
        #expect(values.count == 42)
        #expect(values.first == "[[\"j\",1],2,\"S\"]")
    }

    @Test("A new header asks anew while a history waits")
    func newHeader() throws {
        let written = try us.write("2")
        let peer = us.replica.open()
        try us.receive(digest: "S@2", from: peer)
        #expect(us.said(peer).count == 1)
        try us.receive(digest: "", from: peer)
        us.commit(written)
        #expect(us.said(peer).count == 4, "both updates and a SYNC for each header")
    }

    @Test("What the peer brings while its history waits does not go back")
    func echo() throws {
        let written = try us.write("2")
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        _ = us.said(peer)
        us.receive(.update(update("S", 3)), from: peer)
        us.commit(written)
        #expect(us.said(peer) == ["[[\"k\",2],3,\"US\"]", "\"SYNC\""])
    }

    @Test("A log that drops nothing gives its history while it is saving")
    func log() throws {
        let us = try ReplicaBench("US", UpdateLog())
        us.receive(.update(update("S", 1)), from: us.replica.open())
        _ = try us.write("2")
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        #expect(us.said(peer).suffix(2) == ["[[\"k\",1],1,\"S\"]", "\"SYNC\""])
    }
}
