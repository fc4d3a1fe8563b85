// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import TestSupport
import Testing

/// One side of a recorded conversation of two originals, to be played by us.
struct RecordedSide: Sendable, CustomTestStringConvertible {
    let name: String
    let side: String
    var options = SessionOptions()

    var testDescription: String { "\(name) \(side)" }
    var own: String { side == "s" ? "SERVER" : "CLIENT" }

    init(
        _ name: String, _ side: String, _ options: SessionOptions = SessionOptions(),
        meta: String? = nil, fork: Bool = false
    ) {
        (self.name, self.side, self.options) = (name, side, options)
        self.options.meta = meta.map { Array($0.utf8) }
        self.options.headerForm = fork ? .fork : .upstream
    }

    static var noTail: SessionOptions {
        var options = SessionOptions()
        options.tails = false
        return options
    }

    static let all: [RecordedSide] = [
        RecordedSide("readonly", "s", .sendOnly()), RecordedSide("readonly", "c"),
        RecordedSide("readonly-pair", "s", .sendOnly()),
        RecordedSide("readonly-pair", "c", .receiveOnly()),
        RecordedSide("sendclock-pair", "s", .sendOnly(awaitsDigest: true)),
        RecordedSide("sendclock-pair", "c", .receiveOnly(sendsDigest: true)),
        RecordedSide("sendclock-noclock", "s", .sendOnly()),
        RecordedSide("sendclock-noclock", "c", .receiveOnly(sendsDigest: true)),
        RecordedSide("tail-false", "s", noTail), RecordedSide("tail-false", "c"),
        RecordedSide("tail-false-both", "s", noTail), RecordedSide("tail-false-both", "c", noTail),
        RecordedSide("vector-model", "s", fork: true),
        RecordedSide("vector-model", "c", fork: true),
        RecordedSide("vector-events", "s", fork: true),
        RecordedSide("vector-events", "c", fork: true),
        RecordedSide("vector-meta", "s", meta: "{\"name\":\"srv\"}", fork: true),
        RecordedSide("vector-meta", "c", fork: true),
        RecordedSide("mixed-upstream-vs-fork", "s"),
        RecordedSide("mixed-upstream-vs-fork", "c", fork: true),
        RecordedSide("model-meta", "s", meta: "{\"name\":\"srv\"}"),
        RecordedSide("model-meta", "c", meta: "{\"v\":1}"),
    ]
}

@Suite("Sessions in recordings of the originals", .timeLimit(.minutes(20)))
struct RecordingTests {
    /// A line without what differs from run to run: its times.
    private func normal(_ line: String) -> String {
        line.trimmingCharacters(in: .newlines)
            .replacing(#/":[1-9][0-9.]*/#, with: "\":T").replacing(#/\],[0-9.]+,"/#, with: "],T,\"")
    }

    @Test(arguments: RecordedSide.all)
    func `each side of a recording says what the original said, without echo`(
        player: RecordedSide
    ) throws {
        let ours: RecordedLine.Side = player.side == "s" ? .server : .client
        let script = Fixtures.recording(player.name)
        var expected: [String] = []
        var said: [String] = []
        var finished = false

        let source = try #require(Source(player.own))
        let usesCounter = player.options.headerForm == .fork
        let us = ReplicaBench(Replica(LastWriterMap(), source: source))
        let peer: PeerID
        func write(_ line: String) throws {
            var decoder = LineDecoder(wire: ClassicWire(rules: .upstream))
            guard case .message(.update(let update)) = try decoder.decode(Array(line.utf8)) else {
                return
            }
            // The original's own times, so that only echoes and counters can differ.
            let milliseconds = usesCounter ? 1 : update.timestamp.value
            _ = try us.replica.write(
                update.payload, wallClock: milliseconds, into: &us.effects)
        }
        let syncPlace = script.firstIndex { $0.dir == ours && $0.data == "\"SYNC\"\n" } ?? 0
        let isOwn: (RecordedLine) -> Bool = {
            $0.dir == ours && ($0.data?.hasPrefix("[") ?? false)
                && ($0.data?.contains(",\"\(player.own)\"]") ?? false)
        }
        // Some wrote before their header, others between it and their history.
        let header =
            script.first { $0.dir == ours && ($0.data?.hasPrefix("{") ?? false) }?.data ?? ""
        let wroteFirst = header.contains(#/":[1-9]/#) || header.isEmpty
        func writeHistory() throws {
            for line in script[..<syncPlace] where isOwn(line) { try write(line.data ?? "") }
        }
        if wroteFirst { try writeHistory() }
        peer = us.replica.open(player.options)
        func pull() {
            while let outgoing = us.pull(peer) {
                said += us.lines(of: outgoing).map(normal)
                if outgoing.finishes { finished = true }
            }
        }
        pull()
        if !wroteFirst { try writeHistory() }
        var decoder = LineDecoder(wire: ClassicWire(rules: .upstream))
        var history: Set<String> = []
        for (place, line) in script.enumerated() {
            guard let data = line.data else { continue }
            if line.dir == ours {
                let isUpdate = data.hasPrefix("[")
                if isUpdate, !isOwn(line) { continue }
                expected.append(normal(data))
                if place < syncPlace { history.insert(data) }
                if isOwn(line), place > syncPlace, !history.contains(data) {
                    try write(data)
                    pull()
                }
            } else {
                let bytes = Array(data.trimmingCharacters(in: .newlines).utf8)
                guard case .message(let message) = try decoder.decode(bytes) else { continue }
                us.receive(message, from: peer)
                pull()
            }
        }
        let synced = us.reports.count { if case .synced = $0 { true } else { false } }
        #expect(said == expected)
        #expect(finished == !player.options.tails)
        #expect(synced <= 1, "told once per session, although readonly syncs twice")
    }
}
