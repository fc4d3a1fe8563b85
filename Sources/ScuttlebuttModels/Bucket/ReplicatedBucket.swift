// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// Several replicated values in one, sharing a connection and a clock.
///
/// It uses the wire format of the original's `scuttlebucket`: an update is `[part, value]`, where
/// the value is the payload of an update of that part. Buckets nest.
///
/// An update of a part that is not declared here is kept, ordered and relayed, and takes effect
/// when the part is declared; it kills the original (quirk Q15). All parts share the timestamps of
/// the replica that hosts the bucket (quirk Q12), and own writes are recorded like any other (quirk
/// Q18). The bucket refuses what a part refuses.
///
/// Memory: that of the parts, and all updates of undeclared parts.
public struct ReplicatedBucket: Replicated, Dumpable, Sendable {
    /// The requirements for a part: a replicated value whose `Replicated.history(since:)` is in
    /// agreed order, as it is for all types of this module.
    public typealias Part = Replicated & Dumpable & Sendable

    /// The declared parts, in the order of ``names``.
    private var parts: [any Part] = []
    private var places: [PropertyKey: Int] = [:]
    /// The updates of undeclared parts, unchanged.
    private var waiting = UpdateLog()

    /// Creates a bucket without parts.
    public init() {}

    /// Creates a bucket with parts.
    public init(_ parts: KeyValuePairs<PropertyKey, any Part>) {
        for (name, part) in parts { declare(name, part) }
    }

    /// The names of the declared parts; integers first, then by UTF-16 code units.
    public private(set) var names: [PropertyKey] = []

    /// A part, or `nil` if it is not declared or has another type.
    ///
    /// - Complexity: O(1).
    public subscript<Value: Replicated>(name: PropertyKey, as type: Value.Type) -> Value? {
        places[name].flatMap { parts[$0] as? Value }
    }

    /// A part of any type, or `nil` if it is not declared.
    public subscript(name: PropertyKey) -> (any Part)? { places[name].map { parts[$0] } }

    /// Declares a part.
    ///
    /// The updates that have waited for it take effect now, in agreed order.
    ///
    /// Declaring a part again has no effect.
    ///
    /// - Parameters:
    ///   - name: The name of the part in updates.
    ///   - part: A value to which no update has been applied.
    ///
    /// - Returns: The stamps of waiting updates that the part refuses; they are dropped.
    /// - Complexity: O(*w*) for *w* waiting updates of all undeclared parts.
    @discardableResult
    public mutating func declare(_ name: PropertyKey, _ part: any Part) -> [Stamp] {
        guard places[name] == nil else { return [] }
        let place = names.firstIndex { PropertyKey.objectOrder(name, $0) } ?? names.count
        names.insert(name, at: place)
        parts.insert(part, at: place)
        for index in names.indices { places[names[index]] = index }
        var refused: [Stamp] = []
        for update in waiting.delta(since: VersionVector()) {
            guard let form = KeyedPayload.parse(update.payload), form.key == name else { continue }
            waiting.remove(update.stamp)
            var changes: [BucketChange]?
            let inner = WrappedTail.unwrapped(update, form)
            if Self.apply(inner, to: &parts[place], name, &changes) != .applied {
                refused.append(update.stamp)
            }
        }
        return refused
    }

    /// The number of updates that wait for their part to be declared.
    public var waitingCount: Int { waiting.count }

    /// Creates the update that writes to a part.
    ///
    /// It wraps the payload that the part itself made; `nil` if that is `nil`.
    public func makeWrite(to name: PropertyKey, _ payload: Payload?) -> Payload? {
        payload.map { KeyedPayload.make(name, $0) }
    }

    /// Applies an update to its part.
    ///
    /// - Complexity: That of the part, plus O(bytes).
    public mutating func apply(_ update: Update, changes: inout [BucketChange]?) -> Application {
        guard let form = KeyedPayload.parse(update.payload) else {
            return .refused("a bucket's update must be [part, value] with a string as the part")
        }
        guard let place = places[form.key] else {
            waiting.append(update)
            return .applied
        }
        return Self.apply(
            WrappedTail.unwrapped(update, form), to: &parts[place], form.key, &changes)
    }

    private static func apply<Value: Replicated>(
        _ update: Update, to part: inout Value, _ name: PropertyKey,
        _ changes: inout [BucketChange]?
    ) -> Application {
        var own: [Value.Change]? = changes == nil ? nil : []
        let result = part.apply(update, changes: &own)
        report(own, name, &changes)
        return result
    }

    private static func report(
        _ own: [some Sendable]?, _ name: PropertyKey, _ changes: inout [BucketChange]?
    ) {
        for change in own ?? [] { changes?.append(BucketChange(part: name, change: change)) }
    }

    /// Informs all parts of the time.
    public mutating func advance(
        wallClock milliseconds: Double, changes: inout [BucketChange]?
    ) {
        for place in parts.indices {
            Self.advance(&parts[place], names[place], milliseconds, &changes)
        }
    }

    private static func advance<Value: Replicated>(
        _ part: inout Value, _ name: PropertyKey, _ milliseconds: Double,
        _ changes: inout [BucketChange]?
    ) {
        var own: [Value.Change]? = changes == nil ? nil : []
        part.advance(wallClock: milliseconds, changes: &own)
        report(own, name, &changes)
    }

    /// What all parts retain and `known` does not cover, in agreed order.
    public func history(since known: VersionVector) -> [Update] {
        delta(since: known, limit: .unlimited)
    }

    /// The same within a budget.
    ///
    /// - Complexity: The sum over the parts, plus O(*r* log *r*) for their *r* updates.
    public func delta(since known: VersionVector, limit: DeltaLimit) -> [Update] {
        var found = waiting.delta(since: known, limit: limit)
        var bound = Self.bound(found, since: known, limit) { waiting.delta(since: $0, limit: $1) }
        for (name, part) in zip(names, parts) {
            let own = part.delta(since: known, limit: limit)
            found += own.map { WrappedTail.wrapped($0, part: name) }
            let next = Self.bound(own, since: known, limit) { part.delta(since: $0, limit: $1) }
            bound = [bound, next].compactMap { $0 }.min()
        }
        found.sort { $0.stamp < $1.stamp }
        var (count, bytes) = (0, 0)
        for update in found {
            if let bound, update.stamp >= bound { break }
            let (sum, overflows) = bytes.addingReportingOverflow(update.payload.count)
            // The first update goes even if it is too large; otherwise it would block the rest
            // forever.
            guard count == 0 || count < limit.updates && !overflows && sum <= limit.bytes else {
                break
            }
            (count, bytes) = (count + 1, sum)
        }
        return Array(found.prefix(count))
    }

    /// The first update that a part left out of its delta for lack of room.
    ///
    /// Later updates of other parts must not go before it, or a source would have a gap.
    private static func bound(
        _ delta: [Update], since known: VersionVector, _ limit: DeltaLimit,
        _ rest: (VersionVector, DeltaLimit) -> [Update]
    ) -> Stamp? {
        guard !delta.isEmpty, limit != .unlimited else { return nil }
        var covered = known
        for update in delta { covered.advance(update.source, to: update.timestamp) }
        return rest(covered, DeltaLimit(updates: 1, bytes: 1)).first?.stamp
    }

    /// The bytes that all parts and the waiting updates retain.
    ///
    /// - Complexity: O(parts).
    public var retainedByteCount: Int {
        parts.reduce(waiting.byteCount) { $0 + $1.retainedByteCount }
    }

    /// Appends an object from the name of each declared part to its export.
    public func appendDump(to output: inout [UInt8]) {
        var writer = ObjectWriter()
        for (name, part) in zip(names, parts) {
            writer.begin(name, in: &output)
            part.appendDump(to: &output)
        }
        writer.end(in: &output)
    }
}
