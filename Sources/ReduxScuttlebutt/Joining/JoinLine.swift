// SPDX-License-Identifier: MIT

import Scuttlebutt

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A line by which one peer gives another its state instead of its history.
///
/// On the wire it is a JSON string that begins with `JOIN`, which every peer that does not know it
/// ignores. It is only sent to a peer that has announced it in its header's `meta`.
enum JoinLine: Hashable, Sendable {
    /// "I have this many updates, and this much of a content; which state do you have?"
    case ask(count: Int, holding: ContentHash?, reducerVersion: String)
    /// "This one."
    case offer(ContentHash, byteCount: Int)
    /// "Send me these bytes of it": the answer is ``bytes(_:)`` as often as needed, then ``end``.
    case part(ContentHash, Range<Int>)
    /// "Send me what comes after this stamp", as lines of updates: answered in the same way.
    case tail(after: Stamp)
    /// Some bytes of an answer.
    case bytes([UInt8])
    /// The answer is complete.
    case end
    /// "I have none", or no longer.
    case none

    /// The most bytes in one line: 48 KiB, which become 64 KiB of Base64.
    static let pieceByteCount = 48 << 10
    /// The most bytes that are asked for at once: 256 KiB, so that also over a slow link neither
    /// side is silent for long.
    static let partByteCount = 256 << 10

    private static let opening = Array("\"JOIN ".utf8)

    /// Whether a line is meant for this conversation; looks at its first bytes only.
    static func isJoinLine(_ line: some Collection<UInt8>) -> Bool { line.starts(with: opening) }

    /// Reads a line, given without its newline; `nil` if it is not as it must be.
    init?(_ line: [UInt8]) {
        guard Self.isJoinLine(line),
            let text = line.withUnsafeBufferPointer({ try? JSONString.decoded($0, at: 0) })
        else { return nil }
        let fields = text.split(separator: 0x20, maxSplits: 4, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count >= 2 else { return nil }
        switch (fields[1], fields.count) {
        case ("ASK", 5):
            guard let count = Int(fields[2]), count >= 0 else { return nil }
            let holding = ContentHash(hexadecimal: fields[3])
            guard holding != nil || fields[3] == "-" else { return nil }
            self = .ask(count: count, holding: holding, reducerVersion: fields[4])
        case ("OFFER", 4):
            guard let hash = ContentHash(hexadecimal: fields[2]), let count = Int(fields[3]),
                count > 0
            else { return nil }
            self = .offer(hash, byteCount: count)
        case ("PART", 5):
            guard let hash = ContentHash(hexadecimal: fields[2]), let start = Int(fields[3]),
                let end = Int(fields[4]), 0 <= start, start < end
            else { return nil }
            self = .part(hash, start..<end)
        case ("TAIL", 4...5):
            // A source may contain spaces.
            let name = fields[3...].joined(separator: " ")
            guard let timestamp = Timestamp(JSONNumber.parse(Array(fields[2].utf8))),
                let source = Source(name),
                source.utf8.count <= ClassicWire.maximumSourceByteCount
            else { return nil }
            self = .tail(after: Stamp(timestamp: timestamp, source: source))
        case ("BYTES", 3):
            guard let data = Data(base64Encoded: fields[2]), data.count <= Self.pieceByteCount
            else { return nil }
            self = .bytes(Array(data))
        case ("END", 2): self = .end
        case ("NONE", 2): self = .none
        default: return nil
        }
    }

    /// The line, without its newline.
    var line: [UInt8] {
        var line: [UInt8] = []
        JSONString.encode(Array("JOIN \(text)".utf8), into: &line)
        return line
    }

    private var text: String {
        switch self {
        case .ask(let count, let holding, let version):
            "ASK \(count) \(holding?.hexadecimal ?? "-") \(version)"
        case .offer(let hash, let count): "OFFER \(hash.hexadecimal) \(count)"
        case .part(let hash, let range):
            "PART \(hash.hexadecimal) \(range.lowerBound) \(range.upperBound)"
        case .tail(let stamp): "TAIL \(stamp.timestamp.text) \(stamp.source.text)"
        case .bytes(let bytes): "BYTES \(Data(bytes).base64EncodedString())"
        case .end: "END"
        case .none: "NONE"
        }
    }
}

extension Timestamp {
    /// As a header writes it.
    fileprivate var text: String {
        var text: [UInt8] = []
        JSONNumber.append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
