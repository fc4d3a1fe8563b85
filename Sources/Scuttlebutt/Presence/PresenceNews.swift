// SPDX-License-Identifier: MIT

/// What a peer says about itself for the moment: that it is here, with a small value, or that it
/// has left.
///
/// It is not an update: nobody keeps it, it holds for a number of seconds, and of one source only
/// the newest counts. On the wire it is a string, `"HERE …"` or `"GONE …"`, which the originals
/// ignore.
public struct PresenceNews: Hashable, Sendable {
    /// Whom it is about.
    public let source: Source
    /// Tells newer from older news of a source; from 1 to ``maximumSequence``.
    ///
    /// A peer begins with the time in milliseconds since 1970 and counts on from there, so that it
    /// goes on above what it said before a restart.
    public let sequence: Int64
    /// For how many seconds it still holds; from 1 to the end of ``lifetimes``.
    public internal(set) var lifetime: Int
    /// One JSON object, or `nil` if the peer has left.
    public internal(set) var value: Payload?

    /// The longest value: 1,024 bytes of JSON.
    public static let maximumValueByteCount = 1_024
    /// For how many seconds a peer may have its own news hold: 3 to 3,600.
    ///
    /// It is repeated three times in that time.
    public static let lifetimes = 3...3_600
    /// How long news holds unless a program says otherwise: 30 s.
    public static let usualLifetime = 30
    /// The largest sequence number: 2^53 − 1, up to which JavaScript represents all integers.
    public static let maximumSequence: Int64 = 9_007_199_254_740_991

    /// How deeply a value may nest, and how much there may be in it.
    private static let bounds = JSONBounds(
        depth: 16, stringByteCount: maximumValueByteCount, elementCount: 256)

    /// Creates news of a value that was checked, see ``check(_:)``.
    init(source: Source, sequence: Int64, lifetime: Int, value: Payload?) {
        self.source = source
        self.sequence = sequence
        self.lifetime = lifetime
        self.value = value
    }

    /// Checks that peers take a value: one JSON object of at most ``maximumValueByteCount`` bytes,
    /// 16 levels and 256 members.
    ///
    /// - Throws: ``ReplicaError`` with the code `notJSON`, `tooLarge` or `refused`.
    public static func check(_ value: Payload) throws(ReplicaError) {
        guard value.count <= maximumValueByteCount else {
            throw ReplicaError(.tooLarge, "a presence has at most 1,024 bytes of JSON")
        }
        let isValid = value.withUnsafeBufferPointer { bytes in
            end(ofValueAt: 0, in: bytes) == bytes.count
        }
        guard isValid else {
            throw ReplicaError(
                value.first == Ascii.leftBrace ? .notJSON : .refused,
                "a presence is one JSON object of at most 16 levels and 256 members")
        }
    }

    /// Returns the offset after the object at `start`; `nil` if none within the bounds is there.
    private static func end(ofValueAt start: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        guard start < bytes.count, bytes[start] == Ascii.leftBrace else { return nil }
        return try? JSONScanner(bytes, bounds: bounds).skipValue(at: start)
    }
}

// MARK: The line

extension PresenceNews {
    /// What a line begins with: its quote and its first word.
    static let hereOpening: [UInt8] = Array("\"HERE ".utf8)
    static let goneOpening: [UInt8] = Array("\"GONE ".utf8)
    /// No line is longer: each byte may be written with six.
    static let maximumLineByteCount =
        6 * (maximumValueByteCount + ClassicWire.maximumSourceByteCount) + 64

    /// Reads what a line says, from its text: `HERE <sequence> <seconds> <value> <source>` or
    /// `GONE <sequence> <seconds> <source>`.
    ///
    /// Returns `nil` if it is not as it must be.
    init?(text: [UInt8]) {
        let news = text.withUnsafeBufferPointer { PresenceNews.read($0) }
        guard let news else { return nil }
        self = news
    }

    private static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> PresenceNews? {
        var index = 5
        guard bytes.count > index, let sequence = number(in: bytes, &index),
            1...maximumSequence ~= sequence, let lifetime = number(in: bytes, &index),
            1...Int64(lifetimes.upperBound) ~= lifetime
        else { return nil }
        var value: Payload?
        if bytes[0] == UInt8(ascii: "H") {
            guard let end = end(ofValueAt: index, in: bytes),
                end - index <= maximumValueByteCount, end < bytes.count, bytes[end] == 0x20
            else { return nil }
            value = Array(bytes[index..<end])
            index = end + 1
        }
        guard index < bytes.count, bytes.count - index <= ClassicWire.maximumSourceByteCount,
            let source = Source(validUTF8: Array(bytes[index...])), !source.isObjectPrototypeName
        else { return nil }
        return PresenceNews(
            source: source, sequence: sequence, lifetime: Int(lifetime), value: value)
    }

    /// Reads up to 16 digits that do not begin with 0, and the space after them.
    private static func number(
        in bytes: UnsafeBufferPointer<UInt8>, _ index: inout Int
    ) -> Int64? {
        let start = index
        var number: Int64 = 0
        while index < bytes.count, index - start < 16, Ascii.isDigit(bytes[index]) {
            // 16 digits fit; an overflow check would need the C library.
            number = number &* 10 &+ Int64(bytes[index] &- Ascii.zero)
            index += 1
        }
        guard index > start, bytes[start] != Ascii.zero, index < bytes.count, bytes[index] == 0x20
        else { return nil }
        index += 1
        return number
    }

    /// Appends the line.
    func append(to block: inout WireBlock) {
        var text = Array((value == nil ? "GONE " : "HERE ").utf8)
        JSONNumber.append(sequence, to: &text)
        text.append(0x20)
        JSONNumber.append(Int64(lifetime), to: &text)
        text.append(0x20)
        if let value {
            text.append(contentsOf: value)
            text.append(0x20)
        }
        text.append(contentsOf: source.utf8)
        block.appendLine { JSONString.encode(text, into: &$0) }
    }
}
