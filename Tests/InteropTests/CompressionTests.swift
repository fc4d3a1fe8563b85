// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import ScuttlebuttCoding
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
        try await withRelay(of: lines) { relay, port in
            let url = "\(scheme)://127.0.0.1:\(port)"
            var counts: [Int] = []
            for compresses in [false, true] {
                counts.append(
                    try await Self.byteCount(url, compresses: compresses, actions: lines.count))
            }
            #expect(counts[1] * 6 <= counts[0], "\(counts) bytes")
            let compressed = relay.statistics.compressed
            #expect(compressed.before > 3_000_000 && compressed.after < counts[1])
            let json = try await RawConnection.request(port, "/statistics").body
            #expect(json.contains("\"bytesBeforeCompression\":\(compressed.before),"))
            #expect(json.contains("\"bytesAfterCompression\":\(compressed.after),"))
        }
    }

    /// Runs a relay that has imported these lines.
    private func withRelay(
        of lines: [String], _ body: (Relay<Int, RawAction>, Int) async throws -> Void
    ) async throws {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "scuttlebutt-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
        var configuration = RelayConfiguration()
        configuration.port = 0
        configuration.importFile = file.path
        let relay = try await Relay<Int, RawAction>.open(
            initial: 0, reducer: Reducer { count, _ in count += 1 }, codec: .raw,
            configuration: configuration)
        let running = Task { try await relay.run() }
        let result: Result<Void, any Error>
        do {
            try await body(relay, try await relay.listening.port)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        running.cancel()
        try await running.value
        try result.get()
    }
}
