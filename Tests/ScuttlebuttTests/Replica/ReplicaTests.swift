// SPDX-License-Identifier: MIT

import Scuttlebutt
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(20))) struct ReplicaTests {
    @Test func `a write shows at once and leaves when it is committed`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let peer = us.replica.open()
        try us.receive(digest: "", from: peer)
        _ = us.said(peer)
        let written = try us.write("1")
        #expect(us.stamps == [1])
        #expect(us.changes == [written])
        #expect(us.said(peer).isEmpty)
        us.commit(written)
        #expect(us.said(peer) == ["[[\"k\",1],1,\"US\"]"])
    }

    @Test(
        arguments: [
            ("", ReplicaError.Code.notJSON), ("nonsense", .notJSON), ("1 2", .notJSON),
            ("[1,\n2]", .notJSON), ("[\"\u{7}\"]", .notJSON),
            (String(repeating: "[", count: 256) + String(repeating: "]", count: 256), .tooLarge),
            (String(repeating: "[", count: 100_000), .notJSON),
            ("\"" + String(repeating: "x", count: 10_485_000) + "\"", .tooLarge),
        ].map { (Abridged($0), $1) })
    func `a write that peers would not take changes nothing`(
        payload: Abridged, code: ReplicaError.Code
    ) throws {
        let us = try ReplicaBench("US", UpdateLog())
        let error = #expect(throws: ReplicaError.self) {
            try us.replica.write(Array(payload.text.utf8), into: &us.effects)
        }
        #expect(error?.code == code)
        #expect(us.stamps.isEmpty)
        #expect(try us.write("1").timestamp.value == 1, "no timestamp was used up")
    }

    @Test func `a payload of 255 levels is written and read back`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        let deep = String(repeating: "[", count: 255) + String(repeating: "]", count: 255)
        let update = try us.replica.write(Array(deep.utf8), into: &us.effects)
        var line: [UInt8] = []
        ClassicWire.append(update, to: &line)
        var decoder = LineDecoder(wire: us.replica.gossip.wire)
        #expect(try decoder.decode(line) == .message(.update(update)))
    }

    @Test func `a write that the value refuses tells why`() throws {
        let us = try ReplicaBench("US", LastWriterMap())
        let error = #expect(throws: ReplicaError.self) {
            try us.replica.write(Array("{}".utf8), into: &us.effects)
        }
        #expect(error?.code == .refused)
        #expect(error?.message == "not [key, value]")
    }

    // MARK: The size limit

    @Test func `a write beyond the size limit throws, one that shrinks is taken`() throws {
        let us = try ReplicaBench("US", LastWriterMap(), sizeLimit: 40)
        us.commit(try us.write("\"0123456789\""))
        us.commit(try us.write("1", key: "other"))
        let error = #expect(throws: ReplicaError.self) {
            try us.write("\"0123456789012345\"", key: "third")
        }
        #expect(error?.code == .sizeLimit)
        #expect(us.replica.value.texts.count == 2)
        us.commit(try us.write("\"012345678901234\""))
        us.commit(try us.write("1"))
        #expect(us.replica.value.texts == ["[\"k\",1]", "[\"other\",1]"])
        #expect(us.changes.count == 4)
    }

    @Test func `a peer beyond the size limit is cut off, and nothing of it is skipped`() throws {
        let us = try ReplicaBench("US", UpdateLog(), sizeLimit: 30)
        let (a, b) = (us.replica.open(), us.replica.open())
        us.receive(.update(update("A", 1)), from: a)
        us.receive(.update(update("A", 2, "\"0123456789012345678901234\"")), from: a)
        us.receive(.update(update("A", 3)), from: a)
        #expect(us.closings.map(\.peer) == [a])
        #expect(us.closings.first?.error.code == .sizeLimit)
        #expect(us.stamps == [1], "what follows in its source may not be taken either")
        #expect(us.replica.gossip.vector.description == "A@1")
        us.receive(.update(update("B", 1)), from: b)
        #expect(us.stamps == [1, 1], "others go on")
        us.replica.sizeLimit = 1_000
        let again = us.replica.open()
        us.receive(.update(update("A", 2, "\"0123456789012345678901234\"")), from: again)
        us.receive(.update(update("A", 3)), from: again)
        #expect(us.replica.gossip.vector.description == "A@3 B@1")
    }

    @Test func `an update that replaces a larger one is taken at the size limit`() throws {
        let us = try ReplicaBench("US", LastWriterMap(), sizeLimit: 20)
        let peer = us.replica.open()
        us.receive(.update(update("A", 1, "\"01234567890\"")), from: peer)
        us.receive(.update(update("A", 2, "\"0123\"")), from: peer)
        #expect(us.closings.isEmpty)
        #expect(us.replica.value.texts == ["[\"k\",\"0123\"]"])
    }

    @Test func `a restored update is taken whatever its size`() throws {
        let us = try ReplicaBench("US", UpdateLog(), sizeLimit: 1)
        #expect(us.replica.restore([update("A", 1)]).count == 1)
        #expect(us.stamps == [1])
    }

    @Test func `a restored update that the value refuses keeps its stamp from being used again`()
        throws
    {
        let us = try ReplicaBench("US", LastWriterMap())
        let time = try #require(Timestamp(7))
        let foreign = Update(payload: [0x31], timestamp: time, source: us.replica.source)
        #expect(us.replica.restore([foreign]).isEmpty)
        #expect(try us.write("1").timestamp.value == 8)
    }

    // MARK: Copies

    @Test func `a copy has all that the original has, and a source of its own`() throws {
        let us = try ReplicaBench("US", UpdateLog())
        us.commit(try us.write("1"))
        _ = try us.write("2")
        let peer = us.replica.open()
        us.receive(.update(update("A", 9)), from: peer)
        let copy = try ReplicaBench("X", UpdateLog())
        copy.replica = Replica(copying: us.replica, source: copy.replica.source)
        #expect(copy.replica.gossip.vector.description == "A@9 US@2")
        #expect(copy.replica.gossip.peerCount == 0)
        let written = try copy.write("3")
        #expect(written.timestamp.value == 10)
        #expect(written.source.text == "X")
        copy.commit(written)
        #expect(us.stamps == [1, 2, 9], "the original is not touched")
    }

    @Test func `a value that is not empty counts as accepted`() throws {
        var log = UpdateLog()
        log.append(update("A", 3))
        log.append(update("US", 4))
        let us = try ReplicaBench("US", log)
        #expect(us.replica.gossip.vector.description == "A@3 US@4")
        #expect(try us.write("1").timestamp.value == 5)
    }
}
