// SPDX-License-Identifier: MIT

/// What a line of the wire turned out to be.
public enum DecodedLine: Hashable, Sendable {
    /// One of the three messages.
    case message(Message)
    /// A JSON value that means nothing on this wire (a number, another string, …), or no value at
    /// all.
    case ignored
    /// An update that breaks a rule; the connection goes on.
    case refused(Refusal)
}

/// Reads lines of the classic wire; one decoder per connection.
///
/// The decoder remembers the last few sources, so that a hundred thousand updates of one writer
/// share one copy of its name.
public struct LineDecoder: Sendable {
    /// The rules and bounds that are read by.
    public let wire: ClassicWire
    private var recentSources: [RecentSource] = []
    private var scratch: [UInt8] = []

    /// A source and how it was written.
    private struct RecentSource: Sendable {
        let literal: [UInt8]
        let source: Source
        /// Whether we would write it so ourselves.
        let isOrdinary: Bool
    }

    private static let recentSourceLimit = 8

    /// Makes a decoder for one connection.
    public init(wire: ClassicWire) { self.wire = wire }

    /// Reads one line, given without its newline.
    ///
    /// - Throws: ``SessionError`` when the connection must end: the line is not JSON, or a header
    ///   has no clock or too many sources.
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
            return isSync(scanner, at: start) ? .message(.sync) : .ignored
        }
    }

    /// Reads one line, given without its newline.
    ///
    /// - Throws: As the form on a buffer does.
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
        do throws(JSONFailure) {
            let extent = try scanner.measureValue(at: 0)
            let end = scanner.skipWhitespace(at: extent.end)
            guard end == scanner.bytes.count else { throw JSONFailure(.unexpectedByte, at: end) }
        } catch {
            throw SessionError(.notJSON, "a line is not JSON: \(error.text)")
        }
    }

    private func isSync(_ scanner: JSONScanner, at start: Int) -> Bool {
        guard scanner.bytes[start] == Ascii.quote,
            let text = try? JSONString.decoded(scanner.bytes, at: start)
        else { return false }
        return text == Array("SYNC".utf8)
    }

    // MARK: Updates

    private mutating func decodeUpdate(_ scanner: JSONScanner, at start: Int) throws(SessionError)
        -> DecodedLine
    {
        let bytes = scanner.bytes
        guard let parts = UpdateParts(scanner, at: start) else {
            try requireJSON(scanner)
            return .refused(Refusal(.shape, "an update must be [value, number, string, …]"))
        }
        if let excess = parts.excess {
            return .refused(Refusal(.depth, "a value exceeds its bounds: \(excess.text)"))
        }
        guard let named = source(literal: parts.source, bytes) else {
            return .refused(Refusal(.source, "the source is not a name we accept"))
        }
        let source = named.source
        guard let timestamp = Timestamp(JSONNumber.parse(bytes, parts.timestamp)) else {
            return .refused(
                Refusal(.timestamp, "the timestamp must be above 0 and at most 2^53 - 1"))
        }
        let stamp = Stamp(timestamp: timestamp, source: source)
        if wire.rules == .fork, source.isObjectPrototypeName {
            return .refused(
                Refusal(.source, "the source is a property of every object", stamp: stamp))
        }
        let limit = wire.maximumFrameByteCount
        if wire.rules == .fork, ClassicWire.frameByteCount(bytes, countingAbove: limit) > limit {
            return .refused(
                Refusal(.value, "the update is too long for a Primus frame", stamp: stamp))
        }
        let payload = UnsafeBufferPointer(rebasing: bytes[parts.payload])
        if wire.rules == .fork {
            do throws(ActionShape.Refusal) {
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

    /// The source that a string literal names, or `nil` when no source may be called so.
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

    /// Whether what follows the payload is written as we do but for the source, seen without
    /// writing it: no white space, no further element, and an integer of digits that is exact.
    ///
    /// What is not plain may be ordinary still.
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

    /// Compares a few bytes without an iterator over each side.
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
            // Of equal keys the last one counts, as in JavaScript.
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
            throw SessionError(.digestWithoutClock, "a header must have a clock")
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
            // Above what any source may reach, the peer has all that we could send.
            let number = min(JSONNumber.parse(bytes, entry.value), Timestamp.maximum.value)
            guard let timestamp = Timestamp(number), let named = source(literal: entry.key, bytes)
            else { continue }
            vector.advance(named.source, to: timestamp)
        }
        guard sourceCount <= ClassicWire.maximumSources else {
            throw SessionError(.tooManySources, "a header names too many sources")
        }
        return Digest(source: id, clock: vector, meta: meta)
    }

    /// Whether JavaScript takes this value for true.
    private static func isTruthy(_ bytes: UnsafeBufferPointer<UInt8>, _ value: Range<Int>) -> Bool {
        switch bytes[value.lowerBound] {
        case UInt8(ascii: "n"), UInt8(ascii: "f"): false
        case Ascii.quote: value.count > 2
        case Ascii.minus, Ascii.zero...Ascii.nine: JSONNumber.parse(bytes, value) != 0
        default: true
        }
    }
}
