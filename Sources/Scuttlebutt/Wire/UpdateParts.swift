// SPDX-License-Identifier: MIT

/// The ranges of an update's parts in its line.
struct UpdateParts {
    let payload: Range<Int>
    let timestamp: Range<Int>
    /// The string literal of the source, including its quotes.
    let source: Range<Int>
    /// The offset after the closing bracket.
    let end: Int
    /// The first bound that the payload or a further element exceeds.
    let excess: JSONError?

    /// Returns `nil` if the line does not have the shape of an update.
    init?(_ scanner: JSONScanner, at start: Int) {
        let bytes = scanner.bytes
        func startOfNext(after offset: Int) -> Int? {
            let comma = scanner.skipWhitespace(at: offset)
            guard comma < bytes.count, bytes[comma] == Ascii.comma else { return nil }
            let next = scanner.skipWhitespace(at: comma + 1)
            return next < bytes.count ? next : nil
        }
        let first = scanner.skipWhitespace(at: start + 1)
        guard first < bytes.count, bytes[first] != Ascii.rightBracket,
            let value = try? scanner.measureValue(at: first),
            let number = startOfNext(after: value.end),
            bytes[number] == Ascii.minus || Ascii.isDigit(bytes[number]),
            let numberEnd = try? scanner.skipNumber(at: number),
            let name = startOfNext(after: numberEnd), bytes[name] == Ascii.quote,
            let nameEnd = try? scanner.skipString(at: name)
        else { return nil }
        var excess = value.excess
        var offset = nameEnd
        while let further = startOfNext(after: offset) {
            guard let extent = try? scanner.measureValue(at: further) else { return nil }
            if excess == nil { excess = extent.excess }
            offset = extent.end
        }
        let close = scanner.skipWhitespace(at: offset)
        guard close < bytes.count, bytes[close] == Ascii.rightBracket,
            scanner.skipWhitespace(at: close + 1) == bytes.count
        else { return nil }
        // White space before the value is part of its range, so that it is relayed as well.
        payload = start + 1..<value.end
        timestamp = number..<numberEnd
        source = name..<nameEnd
        end = close + 1
        self.excess = excess
    }
}
