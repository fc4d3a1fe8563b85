// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

@Suite("However many sources a peer makes up", .timeLimit(.minutes(20)))
struct SourceBoundTests {
    @Test("Our header stays one that others can read, and known sources and we go on")
    func manySources() throws {
        let us = Bench("US")
        let peer = us.live()
        us.receive([acted("KNOWN", 1)], peer)
        let count = ClassicWire.maximumSources + 100
        us.receive((0..<count).map { acted("S\($0)", 1) }, peer)
        #expect(us.replica.value.sourceCount < ClassicWire.maximumSources)
        #expect(us.names.contains("report"))
        us.receive([acted("KNOWN", 2)], peer)
        let known = try #require(Source("KNOWN"))
        #expect(us.replica.gossip.vector[known]?.value == 2)
        #expect(us.dispatch(1) != nil)
        // A peer that asks hears that there is no room for its source.
        us.receive(.probe, from: peer)
        us.receive([acted("LATE", 1)], peer)
        #expect(us.said(peer).contains("\"REFUSED 1 LATE\""))
        try expectReadableHeader(us)
    }

    @Test("Long names count for what they cost in a header")
    func longNames() throws {
        let us = Bench("US")
        let peer = us.live()
        let long = String(repeating: "\u{1}", count: 1_000)
        us.receive((0..<3_000).map { acted(long + "\($0)", 1) }, peer)
        #expect(us.replica.value.sourceCount < 3_000)
        try expectReadableHeader(us)
    }

    private func expectReadableHeader(_ us: Bench) throws {
        let replica = us.replica
        var block = WireBlock()
        let digest = Digest(source: replica.source, vector: replica.gossip.vector)
        replica.gossip.wire.append(digest, form: .fork, to: &block)
        let line = Array(block.bytes.dropLast())
        let frameByteCount = line.withUnsafeBufferPointer {
            ClassicWire.frameByteCount($0, countingAbove: 0)
        }
        #expect(frameByteCount <= ClassicWire.maximumLineByteCount)
        var decoder = LineDecoder(wire: replica.gossip.wire)
        guard case .message(.digest(let read)) = try decoder.decode(line) else {
            Issue.record("our own header does not read as one")
            return
        }
        #expect(read.vector == replica.gossip.vector)
    }
}
