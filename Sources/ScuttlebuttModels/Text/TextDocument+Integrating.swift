// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The order of a Fugue text: a tree in which a scalar hangs on the left or the right of another;
/// read left children, the scalar, right children, and siblings on one side by their identities.
///
/// The tree is not stored as such. What hangs below a scalar on its right stands right behind it,
/// on its left right before it, and each span knows whether anything does: so a place is found at
/// once unless several inserted at one place at the same time. Then the spans there are walked, and
/// from each the tree is climbed to the sibling that it hangs below.
extension TextDocument {
    /// Inserts new scalars of a source behind all that it inserted before; the parent is here.
    ///
    /// - Parameters:
    ///   - parentSource: `nil` for the root.
    ///   - place: Where the parent stands, if that is known.
    ///   - findsPosition: Whether the offset is wanted.
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

    /// A stretch of the arena that one span may hold.
    struct Piece {
        var start: Int
        var bytes: Int
        var scalars: Int
        var wides: Int
    }

    /// Appends a text to the arena and hands out its pieces: all of it, mostly.
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

    /// Puts a new span to where it belongs, and returns the slot that holds it, perhaps as the end
    /// of a longer span.
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
        return insertRight(span, root: true, from: first, offset: 0)
    }

    private mutating func integrateAmongRight(
        _ span: Span, behind parent: SpanTree.Place
    ) -> (leaf: Int, slot: Int) {
        let holder = tree[parent.leaf, parent.slot]
        if parent.offset < holder.length - 1 {
            return insertRight(
                span, root: false, from: (parent.leaf, parent.slot), offset: parent.offset + 1)
        }
        guard let next = tree.slot(after: parent.leaf, parent.slot) else {
            return insert(span, at: parent.leaf, parent.slot + 1)
        }
        return insertRight(span, root: false, from: next, offset: 0)
    }

    /// Walks over the subtrees of smaller siblings, and inserts behind them.
    private mutating func insertRight(
        _ span: Span, root: Bool, from start: (leaf: Int, slot: Int), offset: Int
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
                // It goes right before what stands here, behind what was walked over.
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

    /// Walks back over the subtrees of greater siblings, and inserts before them.
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

/// Climbs the tree from a scalar to the child of one parent, on one side, that it hangs below.
///
/// What was climbed once is remembered, so a walk over many spans costs each step once.
private struct Climber {
    let parentSource: UInt16
    let parentCounter: UInt32
    let isRight: Bool
    private var known: [UInt64: (source: UInt16, counter: UInt32)?] = [:]

    init(parentSource: UInt16, parentCounter: UInt32, isRight: Bool) {
        self.parentSource = parentSource
        self.parentCounter = parentCounter
        self.isRight = isRight
    }

    /// The child of the parent that the scalar `counter` of `span` is or hangs below; `nil` if it
    /// hangs elsewhere.
    mutating func sibling(
        above span: Span, _ counter: UInt32, _ document: inout TextDocument
    ) -> (source: UInt16, counter: UInt32)? {
        var span = span
        var counter = counter
        var climbed: [UInt64] = []
        var result: (source: UInt16, counter: UInt32)?
        while true {
            if span.source == parentSource, span.start <= parentCounter, parentCounter < counter {
                // Within a span each scalar is the right child of the one before.
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
