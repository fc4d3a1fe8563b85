// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime
import Testing

@testable import ScuttlebuttNIO

@Suite("LineSplitter", .timeLimit(.minutes(20)))
struct LineSplitterTests {
    static let stream = "{\"a\":\"é€𝄞\"}\n\n\r\n[1]\r\n\"SYNC\"\nlast"

    @Test("Lines are the same wherever the chunks are cut", arguments: 1...12)
    func chunks(size: Int) {
        let bytes = Array(Self.stream.utf8)
        var splitter = LineSplitter(maximumByteCount: 100)
        var lines = InboundLines()
        for start in stride(from: 0, to: bytes.count, by: size) {
            let chunk = Array(bytes[start..<min(start + size, bytes.count)])
            #expect(chunk.withUnsafeBytes { splitter.feed($0, into: &lines) })
        }
        splitter.finish(into: &lines)
        #expect(lines.texts == ["{\"a\":\"é€𝄞\"}", "[1]", "\"SYNC\"", "last"])
    }

    @Test("A line of exactly the bound passes, one byte more does not", arguments: [1, 3, 64])
    func bound(size: Int) {
        for (count, fits) in [(10, true), (11, false)] {
            let bytes = [UInt8](repeating: 0x61, count: count) + [0x0A]
            var splitter = LineSplitter(maximumByteCount: 10)
            var lines = InboundLines()
            var fed = true
            for start in stride(from: 0, to: bytes.count, by: size) where fed {
                let chunk = Array(bytes[start..<min(start + size, bytes.count)])
                fed = chunk.withUnsafeBytes { splitter.feed($0, into: &lines) }
            }
            #expect(fed == fits)
            #expect(lines.count == (fits ? 1 : 0))
        }
    }
}

extension InboundLines {
    /// The lines as text.
    var texts: [String] { ranges.map { String(decoding: bytes[$0], as: UTF8.self) } }
}
