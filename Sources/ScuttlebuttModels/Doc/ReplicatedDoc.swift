// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// A replicated document: rows by id, each an object of keys, and live sets and sequences of rows.
///
/// ```swift
/// var doc = ReplicatedDoc<JSONValue>()
/// doc.declareSequence("todo", where: "list", equals: "todo")
/// let driver = ReplicaDriver(doc)
/// try driver.write { try $0.makePush("milk", ["text": "Buy milk"], to: "todo") }
/// for row in driver.value.sequence("todo") { show(row.id, row["text"]) }
/// ```
///
/// For each key of a row, the update with the greatest stamp wins. An update that sets several keys
/// is one change, and it is retained until each of its keys has been set again. A removal hides all
/// keys that were set before it; a later write brings the row back with only its own keys. Removals
/// are kept forever, because a peer may have been away.
///
/// It uses the wire format of the `crdt` module for JavaScript: `[rowId, {key: value, …}]`, or
/// `[rowId, null]` to remove the row.
///
/// - `Value`: the type of the keys' values. A value of another shape is kept and relayed all the
///   same; it reads as `nil`.
public struct ReplicatedDoc<Value: Codable & Sendable>: Sendable {
    var core = DocCore()

    /// Creates an empty document.
    public init() {}

    /// The number of rows.
    public var count: Int { core.count }

    /// The row with this id, if it exists.
    ///
    /// - Complexity: O(1).
    public func row(_ id: PropertyKey) -> Row? {
        core.row(id).map { Row(id: id, members: $0.members) }
    }

    /// The row with this id, if it exists.
    ///
    /// - Complexity: O(1).
    public func row(_ id: String) -> Row? { row(PropertyKey(id)) }

    /// All rows: integer-like ids first, by number, then all others by UTF-16 code units.
    ///
    /// - Complexity: O(n log n). A declared set avoids this cost.
    public var rows: [Row] { core.sortedIDs.compactMap { row($0) } }

    /// A snapshot of one row: an id and the values of its keys.
    public struct Row: Identifiable, Sendable {
        /// The row's id.
        public let id: PropertyKey
        let members: RowMembers

        /// The value of a key, or `nil` if there is none or it is not a `Value`.
        public subscript(key: PropertyKey) -> Value? {
            rawValue(of: key).flatMap { ValueCoding.decode(Value.self, from: $0) }
        }

        /// The value of a key, or `nil` if there is none or it is not a `Value`.
        public subscript(key: String) -> Value? { self[PropertyKey(key)] }

        /// The JSON of a key's value, or `nil` if there is none.
        public func rawValue(of key: PropertyKey) -> [UInt8]? { members[key]?.bytes }

        /// The keys that are set, `null` or not, in the order of JavaScript's properties.
        public var keys: [PropertyKey] { members.sorted.map(\.key) }

        /// The stamp of the latest write of a key.
        public func stamp(of key: PropertyKey) -> Stamp? { members[key]?.stamp }

        /// The whole row, decoded from an object of its keys, or `nil` if that fails.
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
    /// A change that an observer receives.
    public typealias Change = DocChange

    /// The updates that a key still belongs to, and the removals.
    public var log: UpdateLog { core.log }

    /// Applies an update, and updates the declared sets and sequences.
    ///
    /// - Complexity: O(k + v log n) for k keys and v sets or sequences that the row is in.
    public mutating func apply(_ update: Update, changes: inout [DocChange]?) -> Application {
        core.apply(update, changes: &changes)
    }

}

extension ReplicatedDoc: Dumpable {
    /// Appends an object of all rows by id, each an object of its keys.
    ///
    /// Removed rows are left out.
    public func appendDump(to output: inout [UInt8]) { core.appendDump(to: &output) }
}
