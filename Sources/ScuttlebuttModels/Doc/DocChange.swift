// SPDX-License-Identifier: MIT

public import ScuttlebuttCoding

/// What an update changed in a document.
///
/// One update gives one change of its row, with all keys that it set, and after it one change for
/// each declared set or sequence that the row is in, came into or left.
public enum DocChange: Hashable, Sendable {
    /// A row came, changed or went.
    case row(Row)
    /// A declared set or sequence changed.
    case view(View)

    /// What became of a row.
    public struct Row: Hashable, Sendable {
        /// What happened to the row as a whole.
        public enum Kind: Hashable, Sendable {
            /// It was not there before.
            case added
            /// Some of its keys have other values.
            case updated
            /// It is not there any more.
            case removed
        }

        /// The row's id.
        public let id: PropertyKey
        /// What happened to it.
        public let kind: Kind
        /// The keys that changed, in the order of the update, or of JavaScript's properties when a
        /// removal took them away.
        public let members: [Member]
    }

    /// What became of one key of a row.
    public struct Member: Hashable, Sendable {
        /// The key.
        public let key: PropertyKey
        /// The JSON of the value before, or `nil` when the row had no such key.
        public let oldBytes: [UInt8]?
        /// The JSON of the value now, or `nil` when the row has no such key any more.
        public let newBytes: [UInt8]?

        /// The value before; `nil` when there was none, or it was none of this type.
        public func oldValue<Value: Decodable>(as type: Value.Type = JSONValue.self) -> Value? {
            oldBytes.flatMap { ValueCoding.decode(type, from: $0) }
        }

        /// The value now; `nil` when there is none, or it is none of this type.
        public func newValue<Value: Decodable>(as type: Value.Type = JSONValue.self) -> Value? {
            newBytes.flatMap { ValueCoding.decode(type, from: $0) }
        }
    }

    /// What became of a declared set or sequence.
    ///
    /// Indexes are those of the moment: applied one after another to a list of ids, the changes of
    /// one view give its rows.
    public struct View: Hashable, Sendable {
        /// What a row did in it.
        public enum Kind: Hashable, Sendable {
            /// The row came in at an index.
            case added(at: Int)
            /// The row that stands at an index has changed.
            case updated(at: Int)
            /// The row was taken from one index and put to another, counted without it.
            case moved(from: Int, to: Int)
            /// The row at an index left.
            case removed(from: Int)
        }

        /// The name under which the set or sequence was declared.
        public let name: PropertyKey
        /// The row.
        public let id: PropertyKey
        /// What happened to it.
        public let kind: Kind
    }
}
