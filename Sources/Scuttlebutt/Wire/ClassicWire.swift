// SPDX-License-Identifier: MIT

/// The rules and limits of the classic wire format, in which each line is one JSON value.
///
/// What is read is checked strictly and bounded. Relayed updates are sent as the bytes that were
/// received.
public struct ClassicWire: Hashable, Sendable {
    /// The two families of JavaScript packages, which differ in what they replicate, not in the
    /// transport.
    public enum Rules: Hashable, Sendable {
        /// `dominictarr/scuttlebutt` and its data types: any source except `__proto__`.
        case upstream
        /// `scuttlebutt-vector`, which carries Redux actions: sources that are not properties of
        /// every JavaScript object, and values that have the shape of an action.
        case fork
    }

    /// The rules that updates must follow.
    public var rules: Rules
    /// The bounds of an update's value, excluding the array around it.
    ///
    /// An update that exceeds them is refused, but the connection stays open.
    public var bounds: JSONBounds

    /// The maximum number of sources in a header: 65,536.
    ///
    /// A header with more sources ends the connection.
    public static let maximumSources = 65_536
    /// The maximum length of a source in UTF-8 bytes: 1,024.
    ///
    /// An update from a longer source is refused.
    public static let maximumSourceByteCount = 1_024
    /// The default maximum length of a line or frame in bytes: 10,485,760, as in the JavaScript
    /// packages' WebSocket library.
    public static let maximumLineByteCount = 10_485_760
    /// The default maximum nesting of an update: 256, including its own array.
    public static let maximumDepth = 256

    /// The default maximum number of members and elements in an update's value, over all levels:
    /// 1,048,576.
    public static let maximumElements = 1 << 20

    /// Creates a wire format, by default with the default bounds.
    public init(rules: Rules, bounds: JSONBounds? = nil) {
        self.rules = rules
        self.bounds =
            bounds
            ?? JSONBounds(
                depth: ClassicWire.maximumDepth - 1,
                stringByteCount: ClassicWire.maximumLineByteCount,
                elementCount: ClassicWire.maximumElements)
    }

    /// The maximum length in bytes of a Primus frame that peers accept.
    var maximumFrameByteCount: Int {
        max(bounds.stringByteCount, ClassicWire.maximumLineByteCount)
    }

    /// Returns the length in bytes of a line as a Primus frame, which is a JSON string of the line
    /// and therefore needs one more byte for each quote and backslash.
    ///
    /// A line that fits in a TCP line can be too long for Primus. Such a line is accepted on no
    /// transport, because a server that had it could never bring a Primus peer up to date.
    ///
    /// - Complexity: O(1) for lines that cannot be too long, otherwise O(n).
    public static func frameByteCount(
        _ line: UnsafeBufferPointer<UInt8>, countingAbove limit: Int
    ) -> Int {
        guard line.count > limit / 2 else { return line.count }
        var count = line.count + 4
        for byte in line where byte == Ascii.quote || byte == Ascii.backslash { count += 1 }
        // JavaScript's Primus escapes U+2028 and U+2029 as well: six bytes in place of three.
        for place in line.indices.dropLast(2) where line[place] == 0xE2 {
            if line[place + 1] == 0x80, line[place + 2] & 0xFE == 0xA8 { count += 3 }
        }
        return count
    }

    /// Appends the line of an update; for a received update, these are the bytes received.
    public func append(_ update: Update, to block: inout WireBlock) {
        block.appendLine { ClassicWire.append(update, to: &$0) }
    }

    /// Appends an update without a newline.
    public static func append(_ update: Update, to bytes: inout [UInt8]) {
        bytes.append(Ascii.leftBracket)
        bytes.append(contentsOf: update.payload)
        if let tail = update.tail {
            bytes.append(contentsOf: tail)
        } else {
            appendTail(update.timestamp, update.source, to: &bytes)
        }
    }

    /// Returns the length of an update's line in bytes, without the newline.
    static func lineByteCount(of update: Update) -> Int {
        var tail = update.tail ?? []
        if update.tail == nil { appendTail(update.timestamp, update.source, to: &tail) }
        return 1 + update.payload.count + tail.count
    }

    /// Appends what follows the payload, in the form used for own updates.
    static func appendTail(_ timestamp: Timestamp, _ source: Source, to bytes: inout [UInt8]) {
        bytes.append(Ascii.comma)
        JSONNumber.append(timestamp.value, to: &bytes)
        appendSuffix(source, to: &bytes)
    }

    private static func appendSuffix(_ source: Source, to bytes: inout [UInt8]) {
        bytes.append(Ascii.comma)
        JSONString.encode(source.utf8, into: &bytes)
        bytes.append(Ascii.rightBracket)
    }

    /// Returns what follows the timestamp in the form used for own updates.
    static func suffix(_ source: Source) -> [UInt8] {
        var bytes: [UInt8] = []
        appendSuffix(source, to: &bytes)
        return bytes
    }

    /// Appends the line `"SYNC"`.
    public func appendSync(to block: inout WireBlock) {
        block.appendLine { $0.append(contentsOf: "\"SYNC\"".utf8) }
    }

    /// Appends the line `"PING"`, which the originals ignore.
    public func appendProbe(to block: inout WireBlock) {
        block.appendLine { $0.append(contentsOf: "\"PING\"".utf8) }
    }

    /// Appends the line `"PONG"`, the answer to a probe.
    public func appendProbeAnswer(to block: inout WireBlock) {
        block.appendLine { $0.append(contentsOf: "\"PONG\"".utf8) }
    }

    /// Appends the line `"REFUSED <timestamp> <source>"`, which the originals ignore.
    public func appendRefusal(of stamp: Stamp, to block: inout WireBlock) {
        var text = Array("REFUSED ".utf8)
        JSONNumber.append(stamp.timestamp.value, to: &text)
        text.append(0x20)
        text.append(contentsOf: stamp.source.utf8)
        block.appendLine { JSONString.encode(text, into: &$0) }
    }

    /// Appends a header line in the given form, with the sender's entry first and the others
    /// ordered by UTF-16 code units.
    public func append(_ digest: Digest, form: HeaderForm, to block: inout WireBlock) {
        block.appendLine { bytes in
            bytes.append(contentsOf: "{\"id\":".utf8)
            JSONString.encode(digest.source?.utf8 ?? [], into: &bytes)
            if form == .fork { bytes.append(contentsOf: ",\"start\":0".utf8) }
            bytes.append(contentsOf: ",\"clock\":{".utf8)
            var needsComma = false
            func appendEntry(_ source: Source, _ value: Double) {
                if needsComma { bytes.append(Ascii.comma) }
                needsComma = true
                JSONString.encode(source.utf8, into: &bytes)
                bytes.append(Ascii.colon)
                JSONNumber.append(value, to: &bytes)
            }
            if let own = digest.source {
                if let timestamp = digest.vector[own] {
                    appendEntry(own, timestamp.value)
                } else if form == .fork {
                    appendEntry(own, 0)
                }
            }
            for entry in digest.vector.entries where entry.source != digest.source {
                appendEntry(entry.source, entry.timestamp.value)
            }
            bytes.append(Ascii.rightBrace)
            if let meta = digest.meta {
                bytes.append(contentsOf: ",\"meta\":".utf8)
                bytes.append(contentsOf: meta)
            }
            bytes.append(Ascii.rightBrace)
        }
    }
}
