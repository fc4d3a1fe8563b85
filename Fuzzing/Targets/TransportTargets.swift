// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

@testable import ScuttlebuttNIO

extension FuzzTarget {
    /// Lines come out the same however the stream is cut, and as the plainest cutting has them.
    static let lineSplitter = FuzzTarget("line-splitter", dictionary: "json") { bytes in
        guard let mode = bytes.first else { return }
        let stream = Array(bytes[1...])
        let bound = mode & 1 == 0 ? 1_000 : 12
        let whole = split(stream, chunk: .max, bound: bound)
        try expect(split(stream, chunk: 1 + Int(mode >> 1 & 7), bound: bound) == whole, "cut")
        let lines = stream.split(separator: 0x0A, omittingEmptySubsequences: false)
        let isBound = lines.allSatisfy { $0.count <= bound }
        try expect((whole != nil) == isBound, "the bound of \(bound)")
        let expected = lines.map { $0.last == 0x0D ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
        try expect(whole == nil || whole == expected.map { Array($0) }, "other lines")
    }

    private static func split(_ stream: [UInt8], chunk: Int, bound: Int) -> [[UInt8]]? {
        var splitter = LineSplitter(maximumByteCount: bound)
        var lines = InboundLines()
        var rest = stream[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(chunk))
            rest = rest.dropFirst(piece.count)
            guard piece.withUnsafeBytes({ splitter.feed($0, into: &lines) }) else { return nil }
        }
        splitter.finish(into: &lines)
        return lines.ranges.map { Array(lines.bytes[$0]) }
    }

    /// Frames say the same however the stream is cut, and what we frame comes out again.
    static let webSocket = FuzzTarget("websocket", dictionary: "websocket") { bytes in
        guard bytes.count > 1 else { return }
        let (mode, stream) = (bytes[0], Array(bytes[1...]))
        let isMasked = mode & 1 != 0
        let bound = mode & 2 == 0 ? 100_000 : 16
        let inflates = mode & 0x80 != 0
        let whole = heard(stream, chunk: .max, isMasked, bound, inflates: inflates)
        let cut = heard(
            stream, chunk: 1 + Int(mode >> 2 & 7), isMasked, bound, inflates: inflates)
        try expect(whole == cut, "whole \(whole), cut \(cut)")
        guard stream.count < 126, String(validating: stream, as: UTF8.self) != nil else { return }
        var frame: [UInt8] = [0x81, UInt8(stream.count) | (isMasked ? 0x80 : 0)]
        if isMasked {
            let key: [UInt8] = [mode, 0x5A, ~mode, 0x81]
            frame += key + stream.enumerated().map { $1 ^ key[$0 & 3] }
        } else {
            frame += stream
        }
        let echo = heard(frame, chunk: 1 + Int(mode >> 5), isMasked, 200)
        try expect(echo == ["text \(stream)"], "framed \(stream), heard \(echo)")
    }

    private static func heard(
        _ stream: [UInt8], chunk: Int, _ isMasked: Bool, _ bound: Int, inflates: Bool = false
    ) -> [String] {
        var decoder = WebSocketDecoder(
            expectsMask: isMasked, inflates: inflates, maximumByteCount: bound)
        var said: [String] = []
        var rest = stream[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(chunk))
            rest = rest.dropFirst(piece.count)
            do throws(WebSocketDecoder.ProtocolError) {
                try decode(piece, &decoder, &said)
            } catch {
                return said + ["violation \(error.code)"]
            }
        }
        return said
    }

    private static func decode(
        _ piece: [UInt8], _ decoder: inout WebSocketDecoder, _ said: inout [String]
    ) throws(WebSocketDecoder.ProtocolError) {
        var failure: WebSocketDecoder.ProtocolError?
        piece.withUnsafeBytes { bytes in
            do throws(WebSocketDecoder.ProtocolError) {
                try decoder.decode(bytes) { event in
                    switch event {
                    case .text(let text): said.append("text \(Array(text))")
                    case .ping(let data): said.append("ping \(Array(data))")
                    case .pong: said.append("pong")
                    case .close(let code, _): said.append("close \(code ?? 0)")
                    }
                    return true
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Whatever is inflated stays within the bound, and comes back from being compressed; so does
    /// the input itself, with any window.
    static let messageDeflate = FuzzTarget("message-deflate") { bytes in
        guard let mode = bytes.first else { return }
        let input = Array(bytes[1...])
        let bound = mode & 8 == 0 ? 100_000 : 16
        let windowBits = 9 + Int(mode & 7) % 7
        if let payload = inflated(input, bound: bound) {
            try expect(payload.count <= bound, "\(payload.count) bytes")
            try roundTrip(payload, windowBits: windowBits)
        }
        try roundTrip(input, windowBits: windowBits)
    }

    private static func roundTrip(_ payload: [UInt8], windowBits: Int) throws {
        let compressed = payload.withUnsafeBytes {
            MessageDeflate.compress($0, windowBits: windowBits)
        }
        guard let compressed else { return }
        try expect(compressed.count < payload.count, "larger than before")
        try expect(inflated(compressed, bound: payload.count) == payload, "another payload")
        try expect(inflated(compressed, bound: payload.count - 1) == nil, "above the bound")
    }

    private static func inflated(_ bytes: [UInt8], bound: Int) -> [UInt8]? {
        bytes.withUnsafeBytes { try? MessageDeflate.inflated($0, maximumByteCount: bound) }
    }

    /// The strings of Primus are those of JSON, with half a surrogate pair left escaped.
    static let primusString = FuzzTarget("primus-string", dictionary: "json") { bytes in
        var decoded: [UInt8] = []
        let isString = bytes.withUnsafeBytes { PrimusString.decode($0, into: &decoded) }
        try expect(UTF8Check.isValid(bytes) == isUTF8(bytes), "the check of UTF-8")
        // Frames have been found to be UTF-8 before.
        guard isUTF8(bytes) else { return }
        guard case .string(let units)? = NaiveJSON(bytes) else {
            return try expect(!isString, "a string for Primus only")
        }
        try expect(isString && isUTF8(decoded), "a string that Primus cannot read")
        guard String(validating: units, as: UTF16.self) != nil else { return }
        try expect(decoded.elementsEqual(String(decoding: units, as: UTF16.self).utf8), "text")
        for isFrame in [true, false] {
            var literal: [UInt8] = []
            if isFrame {
                JSONString.encodeForFrame(decoded, into: &literal)
            } else {
                JSONString.encode(decoded, into: &literal)
            }
            var again: [UInt8] = []
            let isRead = literal.withUnsafeBytes { PrimusString.decode($0, into: &again) }
            try expect(isRead && again == decoded, "written \(text(literal))")
        }
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }
}

extension UTF8Check {
    fileprivate static func isValid(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { isValid($0) }
    }
}
