// SPDX-License-Identifier: MIT

public import ScuttlebuttCoding

/// A change in a document.
///
/// An update reports one change of its row, with all keys that it set, and then one change for each
/// declared set or sequence that the row stays in, enters or leaves.
public enum DocChange: Hashable, Sendable {
    /// A row was added, changed or removed.
    case row(Row)
    /// A declared set or sequence changed.
    case view(View)

    /// A change of a row.
    public struct Row: Hashable, Sendable {
        /// What happened to the row as a whole.
        public enum Kind: Hashable, Sendable {
            /// The row did not exist before.
            case added
            /// Some of its keys have new values.
            case updated
            /// The row no longer exists.
            case removed
        }

        /// The row's id.
        public let id: PropertyKey
        /// What happened to the row.
        public let kind: Kind
        /// The keys that changed, in the order of the update; for a removal, in the order of
        /// JavaScript's properties.
        public let members: [Member]
    }

    /// A change of one key of a row.
    public struct Member: Hashable, Sendable {
        /// The key.
        public let key: PropertyKey
        /// The JSON of the previous value, or `nil` if the row did not have the key.
        public let oldBytes: [UInt8]?
        /// The JSON of the new value, or `nil` if the row no longer has the key.
        public let newBytes: [UInt8]?

        /// The previous value, or `nil` if there was none or it has another type.
        public func oldValue<Value: Decodable>(as type: Value.Type = JSONValue.self) -> Value? {
            oldBytes.flatMap { ValueCoding.decode(type, from: $0) }
        }

        /// The new value, or `nil` if there is none or it has another type.
        public func newValue<Value: Decodable>(as type: Value.Type = JSONValue.self) -> Value? {
            newBytes.flatMap { ValueCoding.decode(type, from: $0) }
        }
    }

    /// A change of a declared set or sequence.
    ///
    /// Each index is valid at the moment of its change: applying the changes of a view one after
    /// another to a list of ids yields its rows.
    public struct View: Hashable, Sendable {
        /// What happened to a row in the view.
        public enum Kind: Hashable, Sendable {
            /// The row entered at an index.
            case added(at: Int)
            /// The row at an index changed.
            case updated(at: Int)
            /// The row moved from one index to another, which is counted without the row.
            case moved(from: Int, to: Int)
            /// The row left from an index.
            case removed(from: Int)
        }

        /// The name under which the set or sequence was declared.
        public let name: PropertyKey
        /// The row.
        public let id: PropertyKey
        /// What happened to the row.
        public let kind: Kind
    }
}
