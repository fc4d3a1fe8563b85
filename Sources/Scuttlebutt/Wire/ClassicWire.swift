// SPDX-License-Identifier: MIT

/// How the classic wire is spoken: which rules updates follow, and what is accepted.
///
/// One line is one JSON value. What we read is checked strictly and bounded; what we relay leaves
/// as the bytes that came.
public struct ClassicWire: Hashable, Sendable {
    /// The two families of originals; told apart by what is replicated, not by the transport.
    public enum Rules: Hashable, Sendable {
        /// `dominictarr/scuttlebutt` and its data types: any source but `__proto__`.
        case upstream
        /// `scuttlebutt-vector`, which carries redux actions: sources that are not properties of
        /// every JavaScript object, and values that have the shape of an action.
        case fork
    }

    /// Which rules updates follow.
    public var rules: Rules
    /// The bounds of one value, which stands inside of the update's array; exceeding them refuses
    /// the update and keeps the connection.
    public var bounds: JSONBounds

    /// The most sources in one header: 65,536.
    ///
    /// A header with more ends the connection.
    public static let maximumSources = 65_536
    /// The longest source in UTF-8 bytes: 1,024.
    ///
    /// An update of a longer one is refused.
    public static let maximumSourceByteCount = 1_024
    /// The longest line or frame in bytes that transports accept by default: 10,485,760, as the
    /// originals' WebSocket library.
    public static let maximumLineByteCount = 10_485_760
    /// The deepest nesting of an update by default: 256, its own array included.
    public static let maximumDepth = 256

    /// The most keys and elements in an update's value by default, over all levels: 1,048,576.
    public static let maximumElements = 1 << 20

    /// Makes a wire with the default bounds.
    public init(rules: Rules, bounds: JSONBounds? = nil) {
        self.rules = rules
        self.bounds =
            bounds
            ?? JSONBounds(
                depth: ClassicWire.maximumDepth - 1,
                stringByteCount: ClassicWire.maximumLineByteCount,
                elementCount: ClassicWire.maximumElements)
    }

    /// The longest Primus frame that peers take, in bytes.
    var maximumFrameByteCount: Int {
        max(bounds.stringByteCount, ClassicWire.maximumLineByteCount)
    }

    /// How many bytes a line has as a Primus frame, which is a JSON string of it: each quote and
    /// backslash costs one more.
    ///
    /// A line that is short enough for TCP can be too long for Primus. It is accepted nowhere: a
    /// server that had it could not bring any Primus peer up to date again.
    ///
    /// - Complexity: O(1) for lines that cannot be too long, else O(n).
    public static func frameByteCount(
        _ line: UnsafeBufferPointer<UInt8>, countingAbove limit: Int
    ) -> Int {
        guard line.count > limit / 2 else { return line.count }
        var count = line.count + 4
        for byte in line where byte == Ascii.quote || byte == Ascii.backslash { count += 1 }
        return count
    }

    /// Adds the line of one update: the bytes received, where it was received.
    public func append(_ update: Update, to block: inout WireBlock) {
        block.appendLine { ClassicWire.append(update, to: &$0) }
    }

    /// Appends one update without a newline.
    public static func append(_ update: Update, to bytes: inout [UInt8]) {
        bytes.append(Ascii.leftBracket)
        bytes.append(contentsOf: update.payload)
        if let tail = update.tail {
            bytes.append(contentsOf: tail)
        } else {
            appendTail(update.timestamp, update.source, to: &bytes)
        }
    }

    /// Appends what follows the payload in the form that we write ourselves.
    static func appendTail(_ timestamp: Timestamp, _ source: Source, to bytes: inout [UInt8]) {
        bytes.append(Ascii.comma)
        JSONNumber.append(timestamp.value, to: &bytes)
        bytes.append(Ascii.comma)
        JSONString.encode(source.utf8, into: &bytes)
        bytes.append(Ascii.rightBracket)
    }

    /// Adds the line `"SYNC"`.
    public func appendSync(to block: inout WireBlock) {
        block.appendLine { $0.append(contentsOf: "\"SYNC\"".utf8) }
    }

    /// Adds a header line in the given form, with entries in a defined order: the sender first,
    /// then by UTF-16 code units.
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
                if let timestamp = digest.clock[own] {
                    appendEntry(own, timestamp.value)
                } else if form == .fork {
                    appendEntry(own, 0)
                }
            }
            for entry in digest.clock.entries where entry.source != digest.source {
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

/// The two forms of the header; told apart by the transport.
public enum HeaderForm: Hashable, Sendable {
    /// `{"id":…,"clock":{…}}`, on TCP.
    case upstream
    /// `{"id":…,"start":0,"clock":{…}}` with the own source always present, on Primus and
    /// WebSocket.
    case fork
}
