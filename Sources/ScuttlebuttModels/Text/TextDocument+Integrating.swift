// SPDX-License-Identifier: MIT

/// The order of a Fugue text. It is a tree in which a scalar is attached to the left or the right
/// of another one. It reads: left children, the scalar, right children, with the siblings on one
/// side ordered by their identities.
///
/// The tree is not stored as such. Whatever is attached to the right of a scalar directly follows
/// it, and whatever is attached to the left directly precedes it, and each span records whether
/// anything is. A place is therefore found at once, unless there were concurrent insertions at one
/// place. Then the spans there are visited, and from each the tree is climbed to the sibling that
/// it belongs to.
extension TextDocument {
    /// Inserts new scalars of a source, which follow everything that it inserted before.
    ///
    /// The parent is here.
    ///
    /// - Parameters:
    ///   - text: The scalars.
    ///   - source: Their source.
    ///   - parentSource: `nil` for the root.
    ///   - parentCounter: The counter of the parent.
    ///   - isRight: Whether the text is attached to the right of its parent.
    ///   - place: The place of the parent, if it is known.
    ///   - findsPosition: Whether to return the offset.
    /// - Returns: The offset of the first scalar, if wanted.
    @discardableResult
    mutating func insertText(
        _ text: String, source: UInt16, parentSource: UInt16?, parentCounter: UInt32,
        isRight: Bool, at place: SpanTree.Place? = nil, findsPosition: Bool = false
    ) -> Int? {
        var position: Int?
        var parentPlace = place
        var parentSource = parentSource
        var parentCounter = parentCounter
        var isRight = isRight
        addText(text) { document, piece in
            let start = document.counts[Int(source)]
            var span = Span(
                source: source, start: start, length: piece.scalars,
                parentSource: parentSource ?? Span.noSource, parentCounter: parentCounter,
                isRight: isRight)
            span.text = UInt32(piece.start)
            span.extraBytes = UInt16(piece.bytes - piece.scalars)
            span.wideCount = UInt16(piece.wides)
            let place = document.integrate(span, below: parentPlace)
            parentPlace = nil
            if findsPosition, position == nil, let place {
                position =
                    document.tree.sums(before: place.leaf, place.slot).scalars
                    + Int(start - document.tree[place.leaf, place.slot].start)
            }
            parentSource = source
            parentCounter = start + UInt32(piece.scalars) - 1
            isRight = true
        }
        return position
    }

    /// A part of the arena that one span can cover.
    struct Piece {
        var start: Int
        var bytes: Int
        var scalars: Int
        var wides: Int
    }

    /// Appends a text to the arena and passes on its pieces, usually only one.
    private mutating func addText(_ text: String, _ body: (inout TextDocument, Piece) -> Void) {
        let start = arena.count
        let needed = start + text.utf8.count
        if needed > arena.capacity { arena.reserveCapacity(needed + needed / 4) }
        arena.append(contentsOf: text.utf8)
        liveByteCount += arena.count - start
        var piece = Piece(start: start, bytes: 0, scalars: 0, wides: 0)
        var continuations = 0
        var wides = 0
        arena.withUnsafeBufferPointer { bytes in
            for index in start..<bytes.count {
                if bytes[index] & 0xC0 == 0x80 { continuations &+= 1 }
                if bytes[index] >= 0xF0 { wides &+= 1 }
            }
        }
        let count = arena.count - start
        if continuations == 0 || count - continuations <= Span.maximumMixedLength {
            piece.bytes = count
            piece.scalars = count - continuations
            piece.wides = wides
            return body(&self, piece)
        }
        var index = start
        while index < arena.count {
            let width = arena[index].scalarWidth
            piece.bytes += width
            piece.scalars += 1
            piece.wides += width == 4 ? 1 : 0
            index += width
            if piece.scalars == Span.maximumMixedLength || index == arena.count {
                body(&self, piece)
                piece = Piece(start: index, bytes: 0, scalars: 0, wides: 0)
            }
        }
    }

    /// Inserts a new span where it belongs, and returns its slot.
    ///
    /// The span may become the end of a longer one.
    @discardableResult
    mutating func integrate(
        _ span: Span, below known: SpanTree.Place? = nil
    ) -> (leaf: Int, slot: Int)? {
        requireIndexes()
        guard span.parentSource != Span.noSource else { return integrateBelowRoot(span) }
        guard let parent = known ?? place(span.parentSource, span.parentCounter) else {
            return nil
        }
        let holder = tree[parent.leaf, parent.slot]
        if span.isRight {
            if parent.offset == holder.length - 1, !holder.hasRightChild {
                if holder.canAbsorb(span) {
                    extend(parent.leaf, parent.slot, by: span)
                    return (parent.leaf, parent.slot)
                }
                tree[parent.leaf, parent.slot].hasRightChild = true
                return insert(span, at: parent.leaf, parent.slot + 1)
            }
            return integrateAmongRight(span, behind: parent)
        }
        if parent.offset == 0, holder.hasLeftChild {
            return integrateAmongLeft(span, before: parent)
        }
        let (leaf, slot) = split(parent)
        tree[leaf, slot].hasLeftChild = true
        return insert(span, at: leaf, slot)
    }

    mutating func extend(_ leaf: Int, _ slot: Int, by span: Span) {
        tree[leaf, slot].absorb(span)
        if span.visibleLength > 0 {
            tree.add(span.visibleLength, Int(span.wideCount), toLeaf: leaf)
        }
        counts[Int(span.source)] = span.end
        indexes?[Int(span.source)].append(span.start, leaf: leaf)
    }

    // MARK: Several at one place

    private mutating func integrateBelowRoot(_ span: Span) -> (leaf: Int, slot: Int) {
        guard let first = tree.first else { return insert(span, at: tree.firstLeaf, 0) }
        return insertRight(span, from: first, offset: 0)
    }

    private mutating func integrateAmongRight(
        _ span: Span, behind parent: SpanTree.Place
    ) -> (leaf: Int, slot: Int) {
        let holder = tree[parent.leaf, parent.slot]
        if parent.offset < holder.length - 1 {
            return insertRight(
                span, from: (parent.leaf, parent.slot), offset: parent.offset + 1)
        }
        guard let next = tree.slot(after: parent.leaf, parent.slot) else {
            return insert(span, at: parent.leaf, parent.slot + 1)
        }
        return insertRight(span, from: next, offset: 0)
    }

    /// Skips the subtrees of smaller siblings, and inserts after them.
    private mutating func insertRight(
        _ span: Span, from start: (leaf: Int, slot: Int), offset: Int
    ) -> (leaf: Int, slot: Int) {
        var climber = Climber(
            parentSource: span.parentSource, parentCounter: span.parentCounter, isRight: true)
        var (leaf, slot) = start
        var offset = offset
        var last: (leaf: Int, slot: Int)?
        while true {
            let counter = tree[leaf, slot].start + UInt32(offset)
            guard let sibling = climber.sibling(above: tree[leaf, slot], counter, &self),
                isBefore(sibling, (span.source, span.start))
            else {
                // It goes directly before this slot, after everything that was skipped.
                if offset > 0 {
                    let right = split(SpanTree.Place(leaf: leaf, slot: slot, offset: offset))
                    return insert(span, at: right.leaf, right.slot)
                }
                return insert(span, at: leaf, slot)
            }
            last = (leaf, slot)
            offset = 0
            guard let next = tree.slot(after: leaf, slot) else { break }
            (leaf, slot) = next
        }
        guard let last else { return insert(span, at: leaf, slot) }
        return insert(span, at: last.leaf, last.slot + 1)
    }

    /// Skips the subtrees of greater siblings backwards, and inserts before them.
    private mutating func integrateAmongLeft(
        _ span: Span, before parent: SpanTree.Place
    ) -> (leaf: Int, slot: Int) {
        var climber = Climber(
            parentSource: span.parentSource, parentCounter: span.parentCounter, isRight: false)
        var (leaf, slot) = (parent.leaf, parent.slot)
        while let previous = tree.slot(before: leaf, slot) {
            let holder = tree[previous.leaf, previous.slot]
            guard let sibling = climber.sibling(above: holder, holder.end - 1, &self),
                !isBefore(sibling, (span.source, span.start))
            else { break }
            (leaf, slot) = previous
        }
        return insert(span, at: leaf, slot)
    }

    private func isBefore(
        _ left: (source: UInt16, counter: UInt32), _ right: (source: UInt16, counter: UInt32)
    ) -> Bool {
        if left.source != right.source {
            return sources[Int(left.source)] < sources[Int(right.source)]
        }
        return left.counter < right.counter
    }
}

/// Climbs the tree from a scalar to the child of a given parent, on a given side, that is its
/// ancestor.
///
/// It caches its results, so visiting many spans takes each step only once.
private struct Climber {
    let parentSource: UInt16
    let parentCounter: UInt32
    let isRight: Bool
    var known: [UInt64: (source: UInt16, counter: UInt32)?] = [:]

    /// The child of the parent that is the scalar `counter` of `span` or its ancestor; `nil` if
    /// there is none.
    mutating func sibling(
        above span: Span, _ counter: UInt32, _ document: inout TextDocument
    ) -> (source: UInt16, counter: UInt32)? {
        var span = span
        var counter = counter
        var climbed: [UInt64] = []
        var result: (source: UInt16, counter: UInt32)?
        while true {
            if span.source == parentSource, span.start <= parentCounter, parentCounter < counter {
                // Within a span, each scalar is the right child of the one before it.
                result = isRight ? (parentSource, parentCounter + 1) : nil
                break
            }
            let key = UInt64(span.source) << 32 | UInt64(span.start)
            if let memory = known[key] {
                result = memory
                break
            }
            climbed.append(key)
            if span.parentSource == parentSource,
                parentSource == Span.noSource || span.parentCounter == parentCounter
            {
                result = span.isRight == isRight ? (span.source, span.start) : nil
                break
            }
            guard span.parentSource != Span.noSource,
                let above = document.place(span.parentSource, span.parentCounter),
                climbed.count <= document.tree.spanCount
            else { break }
            counter = span.parentCounter
            span = document.tree[above.leaf, above.slot]
        }
        for key in climbed { known[key] = .some(result) }
        return result
    }
}
