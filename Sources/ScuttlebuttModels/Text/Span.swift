// SPDX-License-Identifier: MIT

/// Consecutive scalars of one source, which were typed or pasted in one go and have not been split
/// since.
///
/// Each scalar but the first is the right child of the one before it. A span takes only 24 bytes,
/// because there are many.
struct Span: Sendable, Equatable {
    /// The counter of the first scalar.
    var start: UInt32
    /// The parent of the first scalar.
    var parentCounter: UInt32
    /// Where the UTF-8 of a visible span begins in the arena.
    var text: UInt32
    /// The number of scalars, and the flags in the bits above it.
    private var lengthAndFlags: UInt32
    var source: UInt16
    var parentSource: UInt16
    /// How many more bytes than scalars the UTF-8 has.
    var extraBytes: UInt16
    /// How many scalars take two UTF-16 code units.
    var wideCount: UInt16

    /// The parent source of scalars without a parent.
    static let noSource = UInt16.max
    static let maximumLength = 1 << 28 - 1
    /// The most scalars of a span that is not all ASCII.
    ///
    /// It bounds the extra bytes, and the search for a place in the span.
    static let maximumMixedLength = 4_096

    private static let deletedFlag: UInt32 = 1 << 31
    private static let rightFlag: UInt32 = 1 << 30
    private static let leftChildFlag: UInt32 = 1 << 29
    private static let rightChildFlag: UInt32 = 1 << 28
    private static let lengthMask: UInt32 = 1 << 28 - 1

    /// Fills unused slots.
    static let none = Span(
        source: 0, start: 0, length: 0, parentSource: noSource, parentCounter: 0, isRight: true)

    init(
        source: UInt16, start: UInt32, length: Int, parentSource: UInt16, parentCounter: UInt32,
        isRight: Bool
    ) {
        self.source = source
        self.start = start
        self.parentSource = parentSource
        self.parentCounter = parentCounter
        text = 0
        extraBytes = 0
        wideCount = 0
        lengthAndFlags =
            UInt32(truncatingIfNeeded: length) & Span.lengthMask | (isRight ? Span.rightFlag : 0)
    }

    var length: Int {
        get { Int(lengthAndFlags & Span.lengthMask) }
        set {
            lengthAndFlags =
                lengthAndFlags & ~Span.lengthMask | UInt32(truncatingIfNeeded: newValue)
                & Span.lengthMask
        }
    }
    var end: UInt32 { start &+ UInt32(truncatingIfNeeded: length) }
    var isDeleted: Bool { lengthAndFlags & Span.deletedFlag != 0 }
    /// Whether the first scalar is a right child of its parent.
    var isRight: Bool { lengthAndFlags & Span.rightFlag != 0 }
    /// Whether anything is attached to the left of the first scalar.
    var hasLeftChild: Bool {
        get { lengthAndFlags & Span.leftChildFlag != 0 }
        set { set(Span.leftChildFlag, newValue) }
    }
    /// Whether anything is attached to the right of the last scalar.
    var hasRightChild: Bool {
        get { lengthAndFlags & Span.rightChildFlag != 0 }
        set { set(Span.rightChildFlag, newValue) }
    }
    /// Records that something is attached to the left of the first scalar or to the right of the
    /// last one; returns whether nothing was there before.
    mutating func attach(toRight isRight: Bool) -> Bool {
        let flag = isRight ? Span.rightChildFlag : Span.leftChildFlag
        defer { lengthAndFlags |= flag }
        return lengthAndFlags & flag == 0
    }
    var visibleLength: Int { isDeleted ? 0 : length }
    var byteCount: Int { isDeleted ? 0 : length + Int(extraBytes) }
    var isASCII: Bool { extraBytes == 0 }

    private mutating func set(_ flag: UInt32, _ isOn: Bool) {
        if isOn { lengthAndFlags |= flag } else { lengthAndFlags &= ~flag }
    }

    mutating func delete() {
        set(Span.deletedFlag, true)
        text = 0
        extraBytes = 0
        wideCount = 0
    }

    func contains(_ source: UInt16, _ counter: UInt32) -> Bool {
        self.source == source && counter >= start && counter < end
    }

    /// Whether the first scalar is the right child of the scalar that its source inserted before
    /// it.
    var continuesItsSource: Bool {
        isRight && start > 0 && parentSource == source && parentCounter == start - 1
    }

    /// Whether `next`, which directly follows this span, belongs to the same run in a saved text.
    func isContinued(by next: Span) -> Bool {
        source == next.source && end == next.start && isDeleted == next.isDeleted
            && next.continuesItsSource && length + next.length <= Span.maximumLength
    }

    /// Whether `next`, which directly follows this span, can become part of it.
    func canAbsorb(_ next: Span) -> Bool {
        source == next.source && end == next.start && next.continuesItsSource
            && isDeleted == next.isDeleted && length + next.length <= Span.maximumLength
            && (isDeleted || text + UInt32(byteCount) == next.text)
            && (isASCII && next.isASCII || length + next.length <= Span.maximumMixedLength)
    }

    mutating func absorb(_ next: Span) {
        length += next.length
        extraBytes += next.extraBytes
        wideCount += next.wideCount
        hasRightChild = next.hasRightChild
    }
}
