// SPDX-License-Identifier: MIT

extension TextDocument {
    /// The visible text.
    ///
    /// - Complexity: O(n).
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    /// The visible text as UTF-8.
    ///
    /// - Complexity: O(n).
    public var utf8: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(liveByteCount)
        append(0..<count, to: &bytes)
        return bytes
    }

    /// The text of a range of scalars, as far as there is text there.
    ///
    /// - Complexity: O(log n + length of the range).
    public subscript(range: Range<Int>) -> String {
        let range = clamped(range)
        var bytes: [UInt8] = []
        append(range, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The part of a range that is inside the text.
    ///
    /// Positions are often out of date when they are used: a view made them before something was
    /// deleted elsewhere. Every public method therefore clamps what it is given.
    func clamped(_ range: Range<Int>) -> Range<Int> { range.clamped(to: 0..<count) }

    private func append(_ range: Range<Int>, to bytes: inout [UInt8]) {
        guard !range.isEmpty else { return }
        var remaining = range.count
        let place = tree.place(at: range.lowerBound)
        var (leaf, slot, offset) = (place.leaf, place.slot, place.offset)
        while remaining > 0 {
            let span = tree[leaf, slot]
            if !span.isDeleted {
                let taken = min(span.length - offset, remaining)
                let start = offset == 0 ? 0 : measure(span, to: offset).bytes
                let end =
                    offset + taken == span.length
                    ? span.byteCount : measure(span, to: offset + taken).bytes
                bytes.append(contentsOf: arena[Int(span.text) + start..<Int(span.text) + end])
                remaining -= taken
            }
            offset = 0
            guard let next = tree.slot(after: leaf, slot) else { return }
            (leaf, slot) = next
        }
    }

    // MARK: UTF-16

    /// The offset of the scalar at `position` in UTF-16 code units, which browsers use.
    ///
    /// - Complexity: O(log n), plus a walk within a run that is not ASCII.
    public func utf16Offset(of position: Int) -> Int {
        let position = max(0, position)
        guard position < count else { return utf16Count }
        let place = tree.place(at: position)
        let before = tree.sums(before: place.leaf, place.slot)
        let within = measure(tree[place.leaf, place.slot], to: place.offset).wides
        return position + before.wides + within
    }

    /// The position of the scalar that contains the UTF-16 code unit at `offset`.
    ///
    /// For an offset within a surrogate pair, this is the position of its scalar.
    ///
    /// - Complexity: O(log n), plus a walk within a run that is not ASCII.
    public func position(ofUTF16 offset: Int) -> Int {
        let offset = max(0, offset)
        guard offset < utf16Count else { return count }
        let (place, scalars, units) = tree.span(holdingUnit: offset)
        let span = tree[place.leaf, place.slot]
        let within = offset - units
        if span.wideCount == 0 { return scalars + within }
        var (index, seen, position) = (Int(span.text), 0, 0)
        while true {
            let width = arena[index].scalarWidth
            seen += width == 4 ? 2 : 1
            if seen > within { return scalars + position }
            index += width
            position += 1
        }
    }

    // MARK: Cursors

    /// A place between scalars that keeps its meaning while others edit.
    public struct Cursor: Hashable, Sendable {
        /// The scalar that the cursor is attached to; `nil` for an end of the text.
        public let id: TextID?
        /// Whether the cursor is after its scalar (or at the start of the text) rather than before
        /// it (or at the end).
        public let isBehind: Bool

        /// Creates a cursor, for instance one that a peer sent.
        public init(id: TextID?, isBehind: Bool) {
            self.id = id
            self.isBehind = isBehind
        }
    }

    /// The cursor before the scalar at `position`.
    ///
    /// - Parameters:
    ///   - position: Clamped to 0 … ``count``.
    ///   - sticksToPrevious: Whether the cursor is attached to the scalar before it, so that text
    ///     inserted exactly here comes after the cursor, or to the scalar after it.
    /// - Complexity: O(log n).
    public func cursor(at position: Int, sticksToPrevious: Bool = true) -> Cursor {
        let position = min(max(0, position), count)
        let index = sticksToPrevious ? position - 1 : position
        guard index >= 0, index < count else {
            return Cursor(id: nil, isBehind: sticksToPrevious)
        }
        let place = tree.place(at: index)
        let span = tree[place.leaf, place.slot]
        return Cursor(
            id: TextID(
                source: sources[Int(span.source)], counter: Int(span.start) + place.offset),
            isBehind: sticksToPrevious)
    }

    /// The current position of a cursor; the former place of its scalar if that was deleted.
    ///
    /// - Returns: `nil` if the scalar has not arrived.
    /// - Complexity: O(log n), plus O(n) once after a saved text was opened.
    public mutating func position(of cursor: Cursor) -> Int? {
        guard let id = cursor.id else { return cursor.isBehind ? 0 : count }
        guard let number = number(of: id.source), id.counter >= 0,
            id.counter < Int(counts[number]),
            let place = place(UInt16(number), UInt32(id.counter))
        else { return nil }
        let before = tree.sums(before: place.leaf, place.slot).scalars
        if tree[place.leaf, place.slot].isDeleted { return before }
        return before + place.offset + (cursor.isBehind ? 1 : 0)
    }
}
