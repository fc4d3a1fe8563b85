// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The identity of one Unicode scalar of a text: who inserted it, and as which of their scalars.
///
/// It never changes, wherever the scalar comes to stand, and is never used again.
public struct TextID: Hashable, Sendable {
    /// Who inserted the scalar.
    public let source: Source
    /// How many scalars its source had inserted before it; at least 0.
    public let counter: Int

    /// Makes an identity.
    public init(source: Source, counter: Int) {
        self.source = source
        self.counter = counter
    }
}

/// Scalars that one source inserted one after the other.
public struct TextRun: Hashable, Sendable {
    /// Who inserted the scalars.
    public let source: Source
    /// The counters of the scalars.
    public let counters: Range<Int>

    /// Makes a run.
    public init(source: Source, counters: Range<Int>) {
        self.source = source
        self.counters = counters
    }
}

/// On which side of its parent a scalar hangs in the tree of a Fugue text.
public enum TextSide: String, Codable, Hashable, Sendable {
    /// Before the parent and all that hangs on its left so far.
    case left
    /// After the parent.
    case right
}

/// How many scalars of each source a text has seen.
///
/// Each source's scalars come in order and without gaps, so one number per source says which.
public struct TextVersion: Hashable, Sendable {
    var counts: [Source: Int]

    /// The version of an empty text.
    public init() { counts = [:] }

    init(counts: [Source: Int]) { self.counts = counts }

    /// How many scalars of a source have been seen.
    public subscript(source: Source) -> Int { counts[source] ?? 0 }
}

/// What a text does not accept, and why.
public struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault.
    public struct Code: Hashable, Sendable {
        private enum Value { case damaged, tooLarge, tooManyPending, malformed }
        private let value: Value
        /// The bytes are no saved text, or not whole.
        public static let damaged = Code(value: .damaged)
        /// More than a text can hold.
        public static let tooLarge = Code(value: .tooLarge)
        /// Too many operations wait for others that have not come.
        public static let tooManyPending = Code(value: .tooManyPending)
        /// The operation contradicts itself.
        public static let malformed = Code(value: .malformed)
    }

    /// What kind of fault it is.
    public let code: Code
    /// One sentence for people.
    public let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
