// SPDX-License-Identifier: MIT

import Foundation
import ScuttlebuttNIO
import ScuttlebuttRelay
import ScuttlebuttRuntime
import ScuttlebuttRuntimeTestKit
import TestSupport
import Testing

@Suite("A relay compresses what it sends", .timeLimit(.minutes(20)))
struct CompressionTests {
    /// The bytes that come over the wire until a new peer has the whole history.
    private static func byteCount(
        _ url: String, compresses: Bool, actions: Int
    ) async throws -> Int {
        var limits = LinkLimits()
        limits.compresses = compresses
        let link = try await Transports.transport(for: url, limits: limits).connect()
        try await link.send(OutboundLines(#"{"id":"NEW","start":0,"clock":{}}"#))
        var reader = LineReader(link)
        var count = 0
        while let line = try await reader.text(), line != "\"SYNC\"" {
            count += line.hasPrefix("[") ? 1 : 0
        }
        #expect(count == actions)
        await link.close(.finished)
        return link.receivedByteCount
    }

    @Test(
        "A recorded text reaches a new peer in at most a sixth of the bytes",
        arguments: ["ws", "http"])
    func friendsForever(scheme: String) async throws {
        let trace = try await EditingTrace(named: "friendsforever")
        let authors = ["1F2E3D4C5B6A7988", "A0B1C2D3E4F50617"].map { $0 + $0 + "1234567" }
        let lines = try trace.txns.enumerated().map { index, transaction in
            let patch = try #require(transaction.patches.first)
            let text = String(decoding: try JSONEncoder().encode(patch.inserted), as: UTF8.self)
            return #"[{"type":"TYPE","payload":{"index":\#(index),"position":\#(patch.position),"#
                + #""deleted":\#(patch.deleted),"inserted":\#(text)}},\#(2 * index + 1),"#
                + #""\#(authors[transaction.agent])"]"#
        }
        let folder = try TemporaryFolder()
        let file = try folder.write(lines, to: "friendsforever.jsonl")
        try await withRelay {
            $0.importFile = file
        } _: { relay, address in
            let url = "\(scheme)://127.0.0.1:\(address.port)"
            var counts: [Int] = []
            for compresses in [false, true] {
                counts.append(
                    try await Self.byteCount(url, compresses: compresses, actions: lines.count))
            }
            #expect(counts[1] * 6 <= counts[0], "\(counts) bytes")
            let compressed = relay.statistics.compressed
            #expect(compressed.before > 3_000_000 && compressed.after < counts[1])
            let json = try await RawConnection.request(address.port, "/statistics").body
            #expect(json.contains("\"bytesBeforeCompression\":\(compressed.before),"))
            #expect(json.contains("\"bytesAfterCompression\":\(compressed.after),"))
        }
    }
}
