// SPDX-License-Identifier: MIT

/// Finds the ends of JSON values, and rejects everything that RFC 8259 does not allow.
///
/// The scanner builds nothing and returns offsets. It keeps one bit per open array or object and
/// never recurses, so no input can exhaust the stack. The bytes must outlive the scanner, so use it
/// within a `withUnsafeBufferPointer` closure.
public struct JSONScanner {
    /// The bytes to scan.
    public let bytes: UnsafeBufferPointer<UInt8>
    /// The bounds of a value.
    public let bounds: JSONBounds

    /// Creates a scanner of `bytes`.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, bounds: JSONBounds = JSONBounds()) {
        self.bytes = bytes
        self.bounds = bounds
    }

    /// The end of a value, and whether it is within its bounds.
    public struct Extent: Hashable, Sendable {
        /// The offset just after the value.
        public let end: Int
        /// The first bound that the value exceeds, if any.
        ///
        /// Its syntax is valid in any case.
        public let excess: JSONError?
    }

    /// Returns the end of the value at `offset`, which may be preceded by white space.
    ///
    /// - Throws: Any error, including exceeded bounds.
    /// - Complexity: O(n), where n is the length of the value.
    public func skipValue(at offset: Int) throws(JSONError) -> Int {
        let extent = try measureValue(at: offset)
        if let excess = extent.excess { throw excess }
        return extent.end
    }

    /// Checks that `offset..<bytes.count` is exactly one value with optional white space around it.
    public func validate(from offset: Int = 0) throws(JSONError) {
        let end = skipWhitespace(at: try skipValue(at: offset))
        if end < bytes.count { throw JSONError(.unexpectedByte, at: end) }
    }

    /// Returns the end of the value at `offset`, even if the value exceeds its bounds.
    ///
    /// This allows reading the rest of a line while refusing only the value.
    ///
    /// - Throws: Syntax errors only.
    public func measureValue(at offset: Int) throws(JSONError) -> Extent {
        var index = offset
        var open = OpenContainers()
        var elements = 0
        var excess: JSONError?
        while true {
            index = skipWhitespace(at: index)
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, at: index) }
            let start = index
            var hasContents = false
            switch bytes[index] {
            case Ascii.quote:
                index = try skipString(at: index)
                noteLength(from: start, to: index, &excess)
            case Ascii.leftBrace:
                hasContents = true
                index = skipWhitespace(at: index + 1)
                if index < bytes.count, bytes[index] == Ascii.rightBrace {
                    index += 1
                    noteDepth(open.depth + 1, at: start, &excess)
                    hasContents = false
                } else {
                    open.push(isObject: true)
                    noteDepth(open.depth, at: start, &excess)
                    index = try skipKey(at: index, &excess)
                }
            case Ascii.leftBracket:
                hasContents = true
                index = skipWhitespace(at: index + 1)
                if index < bytes.count, bytes[index] == Ascii.rightBracket {
                    index += 1
                    noteDepth(open.depth + 1, at: start, &excess)
                    hasContents = false
                } else {
                    open.push(isObject: false)
                    noteDepth(open.depth, at: start, &excess)
                }
            case Ascii.minus, Ascii.zero...Ascii.nine:
                index = try skipNumber(at: index)
            default:
                index = try skipLiteral(at: index)
            }
            if hasContents {
                elements += 1
                continue
            }
            // A value has ended: close the containers that end here, or continue after the comma.
            if try !advance(&index, &open, &excess) {
                noteElements(elements, at: offset, &excess)
                return Extent(end: index, excess: excess)
            }
            elements += 1
        }
    }

    /// Returns the first offset from `offset` on that is not JSON white space.
    @inline(__always)
    public func skipWhitespace(at offset: Int) -> Int {
        var index = offset
        while index < bytes.count, Ascii.isWhitespace(bytes[index]) { index += 1 }
        return index
    }

    /// Moves from the end of a value to the next value; returns false if all containers are closed.
    @inline(__always)
    private func advance(
        _ index: inout Int, _ open: inout OpenContainers, _ excess: inout JSONError?
    ) throws(JSONError) -> Bool {
        while open.depth > 0 {
            index = skipWhitespace(at: index)
            guard index < bytes.count else { throw JSONError(.unexpectedEnd, at: index) }
            let byte = bytes[index]
            if byte == Ascii.comma {
                index += 1
                if open.isObject {
                    index = skipWhitespace(at: index)
                    index = try skipKey(at: index, &excess)
                }
                return true
            }
            guard byte == (open.isObject ? Ascii.rightBrace : Ascii.rightBracket) else {
                throw JSONError(.unexpectedByte, at: index)
            }
            open.pop()
            index += 1
        }
        return false
    }

    /// Returns the offset after the colon of the member whose key begins at `offset`.
    @inline(__always)
    private func skipKey(
        at offset: Int, _ excess: inout JSONError?
    ) throws(JSONError) -> Int {
        guard offset < bytes.count else { throw JSONError(.unexpectedEnd, at: offset) }
        guard bytes[offset] == Ascii.quote else { throw JSONError(.unexpectedByte, at: offset) }
        let end = try skipString(at: offset)
        noteLength(from: offset, to: end, &excess)
        let colon = skipWhitespace(at: end)
        guard colon < bytes.count else { throw JSONError(.unexpectedEnd, at: colon) }
        guard bytes[colon] == Ascii.colon else { throw JSONError(.unexpectedByte, at: colon) }
        return colon + 1
    }

    @inline(__always)
    private func noteLength(from start: Int, to end: Int, _ excess: inout JSONError?) {
        if end - start - 2 > bounds.stringByteCount, excess == nil {
            excess = JSONError(.stringTooLong, at: start)
        }
    }

    @inline(__always)
    private func noteDepth(_ depth: Int, at offset: Int, _ excess: inout JSONError?) {
        if depth > bounds.depth, excess == nil { excess = JSONError(.tooDeep, at: offset) }
    }

    @inline(__always)
    private func noteElements(_ count: Int, at offset: Int, _ excess: inout JSONError?) {
        if count > bounds.elementCount, excess == nil {
            excess = JSONError(.tooManyElements, at: offset)
        }
    }
}

/// A stack of bits that records which of the open containers are objects.
struct OpenContainers {
    private(set) var depth = 0
    /// The bits of the innermost containers, the innermost being the lowest.
    private var word: UInt64 = 0
    /// The full words of the outer containers; empty up to depth 64.
    private var outer: [UInt64] = []

    var isObject: Bool { word & 1 == 1 }

    mutating func push(isObject: Bool) {
        if depth & 63 == 0, depth > 0 {
            outer.append(word)
            word = 0
        }
        word = word << 1 | (isObject ? 1 : 0)
        depth += 1
    }

    mutating func pop() {
        depth -= 1
        word >>= 1
        if depth & 63 == 0, depth > 0 { word = outer.removeLast() }
    }
}
