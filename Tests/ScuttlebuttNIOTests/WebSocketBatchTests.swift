// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttNIO

@Suite("Several lines in one frame", .timeLimit(.minutes(20)))
struct WebSocketBatchTests {
    @Test(
        "Only who asks for it gets several lines in a frame",
        arguments: [
            ("/ws", WebSocketDialect.plain), ("/ws?batch=1", .batched),
            ("/ws/?a=b&batch=1", .batched),
            ("/ws?batch=0", .plain), ("/ws?xbatch=1", .plain), ("/ws?", .plain),
        ])
    func dialects(target: String, dialect: WebSocketDialect) {
        #expect(WebSocketDialect(requestTarget: target) == dialect)
    }

    @Test(
        "All lines arrive, in order, in frames of at most 64 KiB",
        arguments: 0..<50 as Range<UInt64>)
    func lines(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let lines = (0..<Int.random(in: 1...40, using: &random)).map { number in
            let size = Int.random(in: 1...12, using: &random) == 1 ? 70_000 : 9_000
            return Array("[\(number)]".utf8)
                + Array(repeating: 0x20, count: Int.random(in: 0...size, using: &random))
        }
        let buffer = WebSocketFrames.encodeBatches(OutboundLines(lines: lines))
        var decoder = WebSocketDecoder(expectsMask: false, maximumByteCount: 1 << 20)
        var heard: [[UInt8]] = []
        _ = try buffer.withUnsafeReadableBytes { bytes in
            try decoder.decode(bytes) { event in
                guard case .text(let text) = event else { return false }
                let frame = Array(text).split(separator: 0x0A, omittingEmptySubsequences: false)
                #expect(text.count <= 1 << 16 || frame.count == 1)
                heard += frame.map { Array($0) }
                return true
            }
        }
        #expect(heard == lines)
    }
}
