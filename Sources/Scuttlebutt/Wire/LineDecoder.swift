// SPDX-License-Identifier: MIT

/// Decodes lines of the classic wire, with one decoder per connection.
///
/// The decoder remembers the last few sources, so that a hundred thousand updates of one writer
/// share one copy of its name.
public struct LineDecoder: Sendable {
    /// The rules and bounds to decode by.
    public let wire: ClassicWire
    private var recentSources: [RecentSource] = []
    private var scratch: [UInt8] = []

    /// A source and its literal.
    private struct RecentSource: Sendable {
        let literal: [UInt8]
        let source: Source
        /// Whether the literal is written as we would write it.
        let isOrdinary: Bool
    }

    private static let recentSourceLimit = 8

    /// Creates a decoder for one connection.
    public init(wire: ClassicWire) { self.wire = wire }

    /// Decodes one line, given without its newline.
    ///
    /// - Throws: ``SessionError`` if the connection must end, because the line is not JSON or a
    ///   header has no clock or too many sources.
    public mutating func decode(_ line: UnsafeBufferPointer<UInt8>) throws(SessionError)
        -> DecodedLine
    {
        let scanner = JSONScanner(line, bounds: wire.bounds)
        let start = scanner.skipWhitespace(at: 0)
        guard start < line.count else { return .ignored }
        switch line[start] {
        case Ascii.leftBracket:
            return try decodeUpdate(scanner, at: start)
        case Ascii.leftBrace:
            try requireJSON(scanner)
            return .message(.digest(try decodeDigest(scanner, at: start)))
        default:
            try requireJSON(scanner)
            if let news = presence(scanner, at: start) { return news }
            return word(scanner, at: start).map { .message($0) } ?? .ignored
        }
    }

    /// Decodes one line, given without its newline.
    ///
    /// - Throws: ``SessionError``, like the overload for a buffer.
    public mutating func decode(_ line: [UInt8]) throws(SessionError) -> DecodedLine {
        var result = Result<DecodedLine, SessionError>.success(.ignored)
        line.withUnsafeBufferPointer { buffer in
            do throws(SessionError) {
                result = .success(try decode(buffer))
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    private func requireJSON(_ scanner: JSONScanner) throws(SessionError) {
        do throws(JSONError) {
            let extent = try scanner.measureValue(at: 0)
            let end = scanner.skipWhitespace(at: extent.end)
            guard end == scanner.bytes.count else { throw JSONError(.unexpectedByte, at: end) }
        } catch {
            throw SessionError(.notJSON, error.text)
        }
    }

    /// Returns what a string says about who is here, or `nil` if it says nothing of the kind.
    private func presence(_ scanner: JSONScanner, at start: Int) -> DecodedLine? {
        let line = scanner.bytes[start...]
        guard
            line.starts(with: PresenceNews.hereOpening)
                || line.starts(with: PresenceNews.goneOpening)
        else { return nil }
        guard line.count <= PresenceNews.maximumLineByteCount,
            let text = try? JSONString.decoded(scanner.bytes, at: start),
            let news = PresenceNews(text: text)
        else {
            return .refused(Refusal(.presence, "the news of who is here is not as it must be"))
        }
        return .message(.presence(news))
    }

    /// Returns what a string says, or `nil` if it has no meaning.
    private func word(_ scanner: JSONScanner, at start: Int) -> Message? {
        guard scanner.bytes[start] == Ascii.quote,
            scanner.bytes.count - start <= LineDecoder.wordByteCount,
            let text = try? JSONString.decoded(scanner.bytes, at: start)
        else { return nil }
        if text.starts(with: "REFUSED ".utf8) { return refusal(Array(text.dropFirst(8))) }
        if text == Array("SYNC".utf8) { return .sync }
        if text == Array("PING".utf8) { return .probe }
        return text == Array("PONG".utf8) ? .probeAnswer : nil
    }

    /// A longer string has no meaning: a source may be written with six bytes for each of its own.
    private static var wordByteCount: Int { 6 * ClassicWire.maximumSourceByteCount + 64 }

    private func refusal(_ text: [UInt8]) -> Message? {
        guard let space = text.firstIndex(of: 0x20),
            let timestamp = Timestamp(JSONNumber.parse(Array(text[..<space]))),
            let source = Source(validUTF8: Array(text[(space + 1)...])),
            source.utf8.count <= ClassicWire.maximumSourceByteCount
        else { return nil }
        return .refusal(Stamp(timestamp: timestamp, source: source))
    }

    // MARK: Updates

    private mutating func decodeUpdate(_ scanner: JSONScanner, at start: Int) throws(SessionError)
        -> DecodedLine
    {
        let bytes = scanner.bytes
        guard let parts = UpdateParts(scanner, at: start) else {
            try requireJSON(scanner)
            return .refused(Refusal(.shape, "the update is not [value, timestamp, source, …]"))
        }
        if let excess = parts.excess {
            var stamp: Stamp?
            if let named = source(literal: parts.source, bytes),
                let timestamp = Timestamp(JSONNumber.parse(bytes, parts.timestamp))
            {
                stamp = Stamp(timestamp: timestamp, source: named.source)
            }
            return .refused(
                Refusal(
                    .depth,
                    Wording.text(excess.text, "the value exceeds a limit: \(excess.text)"),
                    stamp: stamp))
        }
        guard let named = source(literal: parts.source, bytes) else {
            return .refused(Refusal(.source, "the source is not an accepted name"))
        }
        let source = named.source
        guard let timestamp = Timestamp(JSONNumber.parse(bytes, parts.timestamp)) else {
            return .refused(
                Refusal(.timestamp, "the timestamp must be above 0 and at most 2^53 - 1"))
        }
        let stamp = Stamp(timestamp: timestamp, source: source)
        if wire.rules == .fork, source.isObjectPrototypeName {
            return .refused(
                Refusal(
                    .source, "the source is a property of every JavaScript object",
                    stamp: stamp))
        }
        let limit = wire.maximumFrameByteCount
        if wire.rules == .fork, ClassicWire.frameByteCount(bytes, countingAbove: limit) > limit {
            return .refused(
                Refusal(.value, "the update is too long for a Primus frame", stamp: stamp))
        }
        let payload = UnsafeBufferPointer(rebasing: bytes[parts.payload])
        if wire.rules == .fork {
            do throws(ActionShape.ShapeError) {
                _ = try ActionShape.isLocalAction(payload)
            } catch {
                return .refused(Refusal(.value, error.text, stamp: stamp))
            }
        }
        let tail = UnsafeBufferPointer(rebasing: bytes[parts.payload.upperBound..<parts.end])
        var isOrdinary = named.isOrdinary && LineDecoder.isPlain(parts, bytes)
        if !isOrdinary {
            scratch.removeAll(keepingCapacity: true)
            ClassicWire.appendTail(timestamp, source, to: &scratch)
            isOrdinary = LineDecoder.areEqual(scratch, tail)
        }
        return .message(
            .update(
                Update(
                    payload: Array(payload), timestamp: timestamp, source: source,
                    tail: isOrdinary ? nil : Array(tail))))
    }

    /// Returns the source named by a string literal, or `nil` if it is not a valid source.
    private mutating func source(literal: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>)
        -> RecentSource?
    {
        let written = UnsafeBufferPointer(rebasing: bytes[literal])
        for index in recentSources.indices
        where LineDecoder.areEqual(recentSources[index].literal, written) {
            if index > 0 { recentSources.swapAt(index, 0) }
            return recentSources[0]
        }
        var text: [UInt8] = []
        guard literal.count <= 6 * ClassicWire.maximumSourceByteCount,
            let decoded = try? JSONString.decode(bytes, at: literal.lowerBound, into: &text),
            !decoded.hasLoneSurrogate, text.count <= ClassicWire.maximumSourceByteCount,
            let source = Source(validUTF8: text)
        else { return nil }
        var ordinary: [UInt8] = []
        JSONString.encode(text, into: &ordinary)
        let named = RecentSource(
            literal: Array(written), source: source,
            isOrdinary: LineDecoder.areEqual(ordinary, written))
        recentSources.insert(named, at: 0)
        if recentSources.count > LineDecoder.recentSourceLimit { recentSources.removeLast() }
        return named
    }

    /// Returns whether everything after the payload except the source is written as we would, which
    /// is checked without encoding it: no white space, no further element, and an exact integer.
    ///
    /// If it returns false, encoding may still give the same bytes.
    private static func isPlain(
        _ parts: UpdateParts, _ bytes: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        let number = parts.timestamp
        guard number.lowerBound == parts.payload.upperBound + 1,
            parts.source.lowerBound == number.upperBound + 1,
            parts.end == parts.source.upperBound + 1,
            number.count <= 15, bytes[number.lowerBound] != Ascii.zero
        else { return false }
        for index in number where !Ascii.isDigit(bytes[index]) { return false }
        return true
    }

    /// Compares a few bytes without using iterators.
    private static func areEqual(_ left: [UInt8], _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where left[index] != right[index] { return false }
        return true
    }

    // MARK: Headers

    private mutating func decodeDigest(_ scanner: JSONScanner, at start: Int)
        throws(SessionError) -> Digest
    {
        let bytes = scanner.bytes
        var id: Source?
        var clock: Range<Int>?
        var meta: Payload?
        var members = JSONMembers(bytes, at: start)
        while let member = members?.next() {
            // As in JavaScript, the last of equal keys counts.
            if JSONMembers.key(member.key, in: bytes, is: "clock") {
                clock = member.value
            } else if JSONMembers.key(member.key, in: bytes, is: "meta") {
                meta = Array(bytes[member.value])
            } else if JSONMembers.key(member.key, in: bytes, is: "id") {
                let isText = bytes[member.value.lowerBound] == Ascii.quote
                id = isText ? source(literal: member.value, bytes)?.source : nil
            }
        }
        guard let clock, LineDecoder.isTruthy(bytes, clock) else {
            throw SessionError(.digestWithoutClock, "the header has no clock")
        }
        var vector = VersionVector()
        var sourceCount = 0
        var entries = JSONMembers(bytes, at: clock.lowerBound)
        while sourceCount <= ClassicWire.maximumSources, let entry = entries?.next() {
            sourceCount += 1
            let isNumber =
                bytes[entry.value.lowerBound] == Ascii.minus
                || Ascii.isDigit(bytes[entry.value.lowerBound])
            guard isNumber else { continue }
            // Above the largest timestamp, the peer has everything that we could send.
            let number = min(JSONNumber.parse(bytes, entry.value), Timestamp.maximum.value)
            guard let timestamp = Timestamp(number), let named = source(literal: entry.key, bytes)
            else { continue }
            vector.advance(named.source, to: timestamp)
        }
        guard sourceCount <= ClassicWire.maximumSources else {
            throw SessionError(.tooManySources, "the header has too many sources")
        }
        return Digest(source: id, vector: vector, meta: meta)
    }

    /// Returns whether the value is truthy in JavaScript.
    private static func isTruthy(_ bytes: UnsafeBufferPointer<UInt8>, _ value: Range<Int>) -> Bool {
        switch bytes[value.lowerBound] {
        case UInt8(ascii: "n"), UInt8(ascii: "f"): false
        case Ascii.quote: value.count > 2
        case Ascii.minus, Ascii.zero...Ascii.nine: JSONNumber.parse(bytes, value) != 0
        default: true
        }
    }
}
