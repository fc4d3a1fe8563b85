// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated document: rows by id, each an object of keys, and live sets and sequences of them.
///
/// ```swift
/// var doc = ReplicatedDoc<JSONValue>()
/// doc.declareSequence("todo", where: "list", equals: "todo")
/// let driver = ReplicaDriver(doc)
/// try driver.write { try $0.makePush("milk", ["text": "Buy milk"], to: "todo") }
/// for row in driver.value.sequence("todo") { show(row.id, row["text"]) }
/// ```
///
/// For each key of a row the update with the largest stamp counts. An update that sets several keys
/// is one change, and is kept until each of its keys has been set again. A removal hides all keys
/// that were set before it; what is set later brings the row back with just that. A removal is kept
/// for ever, since a peer may have been away.
///
/// The wire is that of the `crdt` module for JavaScript: `[rowId, {key: value, …}]`, or
/// `[rowId, null]` to remove the row.
///
/// - `Value`: the type of the keys' values. A value of another shape is kept and relayed all the
///   same; it reads as `nil`.
public struct ReplicatedDoc<Value: Codable & Sendable>: Sendable {
    var core = DocCore()

    /// Makes an empty document.
    public init() {}

    /// How many rows there are.
    public var count: Int { core.count }

    /// The row with this id, if it is there.
    ///
    /// - Complexity: O(1).
    public func row(_ id: PropertyKey) -> Row? {
        core.row(id).map { Row(id: id, members: $0.members) }
    }

    /// The row with this id, if it is there.
    ///
    /// - Complexity: O(1).
    public func row(_ id: String) -> Row? { row(PropertyKey(id)) }

    /// All rows: integer-like ids first, by number, then all others by UTF-16 code units.
    ///
    /// - Complexity: O(n log n). A declared set costs nothing of the kind.
    public var rows: [Row] { core.sortedIDs.compactMap { row($0) } }

    /// One row: an id and the values of its keys, as they were when it was asked for.
    public struct Row: Identifiable, Sendable {
        /// The row's id.
        public let id: PropertyKey
        let members: RowMembers

        /// The value of a key; `nil` when there is none, or it is none of type `Value`.
        public subscript(key: PropertyKey) -> Value? {
            rawValue(of: key).flatMap { ValueCoding.decode(Value.self, from: $0) }
        }

        /// The value of a key; `nil` when there is none, or it is none of type `Value`.
        public subscript(key: String) -> Value? { self[PropertyKey(key)] }

        /// The JSON of a key's value; `nil` when there is none.
        public func rawValue(of key: PropertyKey) -> [UInt8]? { members[key]?.bytes }

        /// The keys that are set, `null` or not, in the order of JavaScript's properties.
        public var keys: [PropertyKey] { members.sorted.map(\.key) }

        /// When and by whom a key was set last.
        public func stamp(of key: PropertyKey) -> Stamp? { members[key]?.stamp }

        /// The whole row as a value that decodes from an object of its keys, or `nil`.
        public func decoded<Object: Decodable>(as type: Object.Type = Object.self) -> Object? {
            ValueCoding.decode(type, from: jsonBytes)
        }

        /// The row as one JSON object.
        public var jsonBytes: [UInt8] {
            var output: [UInt8] = []
            members.appendObject(to: &output)
            return output
        }
    }
}

extension ReplicatedDoc: LogBacked {
    /// What an observer hears.
    public typealias Change = DocChange

    /// The updates that a key still belongs to, and the removals.
    public var log: RetainedLog { core.log }

    /// Takes one update, and brings the declared sets and sequences up to date.
    ///
    /// - Complexity: O(k + v log n) for k keys and v sets or sequences that the row is in.
    public mutating func apply(_ update: Update, changes: inout [DocChange]?) -> Application {
        core.apply(update, changes: &changes)
    }

}

extension ReplicatedDoc: Dumpable {
    /// Appends an object of all rows by id, each an object of its keys; removed rows are left out.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}
