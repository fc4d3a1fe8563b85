// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime
import TestSupport
import Testing

@testable import ScuttlebuttNIO

@Suite("Compressed frames", .timeLimit(.minutes(20)))
struct CompressedFramesTests {
    typealias Frames = WebSocketDecoderTests

    private static let hello = Fixtures.bytes(hex: "f248cdc9c90700")

    @Test(
        "Messages are inflated wherever they are cut, also between other frames", arguments: 1...20)
    func chunks(size: Int) {
        for masked in [false, true] {
            func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
                Frames.frame(first, payload, masked: masked)
            }
            // Section 7.2.3.1 of RFC 7692 has the first two.
            let bytes =
                frame(0xC1, Self.hello)
                + frame(0x41, Array(Self.hello[..<3])) + frame(0x89, Array("beat".utf8))
                + frame(0x00, []) + frame(0x80, Array(Self.hello[3...]))
                + frame(0x81, Array("plain".utf8)) + frame(0xC2, Self.hello) + frame(0xC1, [0x00])
            #expect(
                Frames.decode(bytes, chunk: size, masked: masked, inflates: true) == [
                    "t:Hello", "p:beat", "t:Hello", "t:plain", "t:",
                ])
        }
    }

    static let forbidden: [([UInt8], Int)] = [
        // The bit is only for the first frame of a message.
        (Frames.frame(0x01, "a") + Frames.frame(0xC0, "b"), 1002),
        (Frames.frame(0x41, hello) + Frames.frame(0xC0, [0x00]), 1002),
        (Frames.frame(0xC9, "ping"), 1002), (Frames.frame(0xCA, "pong"), 1002),
        (Frames.frame(0xC8, ""), 1002),
        // The other two bits belong to nobody.
        (Frames.frame(0xE1, hello), 1002), (Frames.frame(0xD1, hello), 1002),
        (Frames.frame(0xC1, [0x06]), 1007), (Frames.frame(0xC1, Array(hello[..<3])), 1007),
        // A byte that is not UTF-8, in a block that is not compressed.
        (Frames.frame(0xC1, [0x00, 0x01, 0x00, 0xFE, 0xFF, 0xC3, 0x00]), 1007),
    ]

    @Test("What is forbidden ends the link with its code", arguments: forbidden)
    func violations(bytes: [UInt8], code: Int) {
        #expect(Frames.decode(bytes, inflates: true).last == "!\(code)")
        // Where nothing was agreed on, the bit is forbidden before anything else is looked at.
        if bytes[0] & 0x40 != 0 { #expect(Frames.decode(bytes) == ["!1002"]) }
    }

    @Test(
        "A message that would grow past the bound is too long", arguments: [1, 7, 1_000, 1 << 20])
    func bomb(chunk: Int) throws {
        let zeros = [UInt8](repeating: 0x20, count: 1 << 22)
        let bomb = try #require(MessageDeflateTests.compressed(zeros))
        let frame = Frames.frame(0xC1, bomb)
        #expect(
            Frames.decode(frame, chunk: chunk, bound: 1 << 20, inflates: true) == ["!1009"])
        #expect(Frames.decode(frame, chunk: chunk, bound: 1 << 22, inflates: true).count == 1)
    }

    // MARK: Sending

    private static func encoder(
        _ form: CompressingEncoder.Form, isClient: Bool = false,
        offer: String = "permessage-deflate"
    ) throws -> LineEncoder {
        let compression = try #require(try WebSocketCompression.accepting([offer]))
        return CompressingEncoder(
            form, isClient: isClient, compression, threshold: 512
        ) { EncodedLines(WebSocketFrames.encode($0, masked: isClient)) }.encoder
    }

    private static func lines(_ count: Int) -> OutboundLines {
        OutboundLines(
            lines: (1...count).map { number in
                Array(#"[{"type":"NOTE","payload":"€ \#(number)"},\#(number),"WRITER"]"#.utf8)
            })
    }

    /// The texts of the messages, and how many of them were compressed.
    private static func messages(
        _ encoded: EncodedLines, masked: Bool = false
    ) throws -> (texts: [[UInt8]], frames: [UInt8]) {
        var decoder = WebSocketDecoder(
            expectsMask: masked, inflates: true, maximumByteCount: 1 << 20)
        var texts: [[UInt8]] = []
        _ = try encoded.buffer.withUnsafeReadableBytes { bytes in
            try decoder.decode(bytes) { event in
                if case .text(let text) = event { texts.append(Array(text)) }
                return true
            }
        }
        return (texts, Array(encoded.buffer.readableBytesView.prefix(1)))
    }

    @Test("Lines come out as they went in, in each form and role", arguments: [false, true])
    func roundTrip(isClient: Bool) throws {
        let lines = Self.lines(3_000)
        for form in [CompressingEncoder.Form.line, .batch, .primus] {
            let encoded = try Self.encoder(form, isClient: isClient)(lines)
            let texts = try Self.messages(encoded, masked: isClient).texts
            var splitter = LineSplitter(maximumByteCount: 1 << 20)
            var heard = InboundLines()
            for text in texts {
                var string: [UInt8] = []
                if form == .primus {
                    #expect(text.withUnsafeBytes { PrimusString.decode($0, into: &string) })
                } else {
                    string = text + [0x0A]
                }
                #expect(string.withUnsafeBytes { splitter.feed($0, into: &heard) })
            }
            #expect(heard.bytes.count == lines.bytes.count - lines.count)
            #expect(heard.count == lines.count)
            #expect(form == .line ? texts.count == 3_000 : texts.count < 10)
            #expect(texts.allSatisfy { $0.count <= 1 << 17 })
            let isSmall = encoded.buffer.readableBytes < lines.bytes.count / 6
            #expect(isSmall == (form != .line))
            #expect((encoded.compressed.before > 0) == (form != .line))
        }
    }

    @Test("Lines that are few and short together are sent as if nothing had been agreed on")
    func belowThreshold() throws {
        let few = Self.lines(5)
        let plain = WebSocketFrames.encode(few, masked: false)
        #expect(few.bytes.count < 512)
        for form in [CompressingEncoder.Form.line, .batch, .primus] {
            let encoded = try Self.encoder(form)(few)
            #expect(encoded.buffer == plain)
            #expect(encoded.compressed == CompressedByteCount())
        }
    }

    @Test("A single line is compressed from the threshold on")
    func singleLine() throws {
        let encoder = try Self.encoder(.line)
        for (count, isCompressed) in [(511, false), (512, true), (70_000, true)] {
            let line = [UInt8](repeating: 0x61, count: count)
            let encoded = encoder(OutboundLines(lines: [line]))
            let (texts, frames) = try Self.messages(encoded)
            #expect(texts == [line])
            #expect(frames == [isCompressed ? 0xC1 : 0x81])
        }
    }

    @Test("All peers that agreed on the same share one compressed form, made when it is needed")
    func sharing() throws {
        let lines = Self.lines(1_000)
        let first = try Self.encoder(.batch)(lines).buffer
        let second = try Self.encoder(.batch, offer: "permessage-deflate; client_max_window_bits")(
            lines
        ).buffer
        func address(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
            buffer.withUnsafeReadableBytes { $0.baseAddress }
        }
        #expect(address(first) == address(second))
        let narrow = try Self.encoder(
            .batch, offer: "permessage-deflate; server_max_window_bits=9")(
                lines
            ).buffer
        #expect(address(first) != address(narrow))
        #expect(address(try Self.encoder(.primus)(lines).buffer) != address(first))
    }
}
