// SPDX-License-Identifier: MIT

/// What a replicated data type implements; ``Replica`` does the rest.
///
/// What an implementor promises:
/// * **Convergence.** Two values that were given the same updates are equal, whatever the order
///   across sources (within one source updates come ascending), and however often.
/// * **Memory.** ``history(since:)`` returns every update that a peer may still need; it may
///   leave out those that a later one supersedes.
/// * **Refusal.** An update of the wrong shape changes nothing and is answered
///   ``Application/refused(_:)``.
/// * **No traps**, whatever the bytes of the payload.
/// * **No clock and no chance.** Time comes in through ``advance(wallClock:changes:)``, and what it
///   does is never part of what peers agree on.
public protocol Replicated: Sendable {
    /// What an application hears of an update that changed the value.
    associatedtype Change: Sendable

    /// The retained updates that are newer than what `known` covers, each source's ascending.
    func history(since known: VersionVector) -> [Update]

    /// The same within a budget: for each source a prefix of what ``history(since:)`` gives.
    ///
    /// The default cuts ``history(since:)``; a type that can do better should.
    func delta(since known: VersionVector, limit: DeltaLimit) -> [Update]

    /// Appends the lines of what ``delta(since:limit:)`` gives to a block, as far as `covered`
    /// allows, for types that can do so without making updates.
    ///
    /// The default is `nil`: the lines are made of the updates that ``delta(since:limit:)`` gives.
    ///
    /// - Parameters:
    ///   - known: What the peer has.
    ///   - covered: The newest timestamp of a source that may be written, or `nil` for none.
    ///   - limit: The most to write.
    ///   - block: Unchanged where the result is `nil`.
    func appendDelta(
        since known: VersionVector, upTo covered: (Source) -> Timestamp?, limit: DeltaLimit,
        to block: inout WireBlock
    ) -> DeltaExtent?

    /// Takes one update, own or foreign; its stamp is newer than all of its source before.
    ///
    /// - Parameters:
    ///   - update: The update.
    ///   - changes: What changed is appended to it in order, unless it is `nil`: then nobody
    ///     listens, and describing the changes would be wasted work.
    mutating func apply(_ update: Update, changes: inout [Change]?) -> Application

    /// Takes an own update of which nobody else needs a copy.
    ///
    /// The default makes an ``Update`` of it and applies that.
    mutating func apply(
        _ payload: consuming Payload, at timestamp: Timestamp, from source: Source,
        changes: inout [Change]?
    ) -> Application

    /// Learns what time it is, for types whose data expires.
    ///
    /// The default does nothing.
    ///
    /// - Parameters:
    ///   - milliseconds: The wall clock, in milliseconds since 1970.
    ///   - changes: What changed is appended to it, unless it is `nil`.
    mutating func advance(wallClock milliseconds: Double, changes: inout [Change]?)

    /// Where a storage must be read for a peer with this vector, because some of what it lacks is
    /// no longer in memory; then ``history(since:)`` and ``delta(since:limit:)`` lack it.
    ///
    /// The default is `nil`: everything is in memory.
    ///
    /// - Parameters:
    ///   - known: What the peer has.
    ///   - cursor: The stamp up to which the storage was read for it already.
    func storedStart(since known: VersionVector, after cursor: Stamp?) -> StoredStart?

    /// What a peer with this vector lacks and memory has, up to a stamp, in agreed order; only for
    /// values with a ``storedStart(since:after:)``.
    func memory(since known: VersionVector, through last: Stamp) -> [Update]

    /// How many updates ``history(since:)`` gives.
    ///
    /// The default counts them; a type that can do better should.
    func count(since known: VersionVector) -> Int

    /// The retained update with this stamp, for types that find it quickly.
    ///
    /// A second update with the same stamp is then compared with it, and reported as an
    /// equivocation if the two differ. The default is `nil`, so that a second one counts as a
    /// repetition.
    func update(at stamp: Stamp) -> Update?

    /// Inserts updates of one source, ascending, below newer ones that the value has of it already.
    ///
    /// The default rebuilds the value from `initial`, which takes O(n log n) in all retained
    /// updates.
    ///
    /// - Parameters:
    ///   - updates: Updates of one source, ascending.
    ///   - initial: The value before the first update.
    ///   - milliseconds: The wall clock, for ``advance(wallClock:changes:)``.
    /// - Returns: What became of each; `nil` for one whose stamp is here already.
    mutating func insert(
        older updates: [Update], initial: Self, wallClock milliseconds: Double
    ) -> [Application?]

    /// Whether ``advance(wallClock:changes:)`` does anything; the default is `true`.
    static var readsWallClock: Bool { get }

    /// Whether an update may make ``history(since:)`` leave out an earlier one.
    ///
    /// The default, `true`, is safe for every type. Where it is `false`, a history goes out while
    /// own writes are still being saved.
    static var dropsSuperseded: Bool { get }

    /// How many bytes of updates are retained, by which a replica's size limit is judged.
    ///
    /// - Complexity: O(1).
    var retainedByteCount: Int { get }
}

/// What became of an update that was handed to a ``Replicated`` value.
public enum Application: Hashable, Sendable {
    /// The value changed, or the update is kept for others.
    case applied
    /// The update does not fit the type, for the given reason.
    case refused(String)
}

extension Replicated {
    /// `nil`: everything is in memory.
    public func storedStart(since known: VersionVector, after cursor: Stamp?) -> StoredStart? {
        nil
    }

    /// Nothing, because nobody reads a storage.
    public func memory(since known: VersionVector, through last: Stamp) -> [Update] { [] }

    /// Cuts ``history(since:)`` to the limit.
    ///
    /// - Complexity: that of ``history(since:)``, at every call.
    public func delta(since known: VersionVector, limit: DeltaLimit) -> [Update] {
        var room = limit
        var result: [Update] = []
        for update in history(since: known) {
            guard room.take(update) || result.isEmpty else { break }
            result.append(update)
        }
        return result
    }

    /// Writes nothing.
    public func appendDelta(
        since known: VersionVector, upTo covered: (Source) -> Timestamp?, limit: DeltaLimit,
        to block: inout WireBlock
    ) -> DeltaExtent? { nil }

    /// Applies an update.
    public mutating func apply(
        _ payload: consuming Payload, at timestamp: Timestamp, from source: Source,
        changes: inout [Change]?
    ) -> Application {
        apply(
            Update(payload: payload, timestamp: timestamp, source: source),
            changes: &changes)
    }

    /// Counts ``history(since:)``.
    public func count(since known: VersionVector) -> Int { history(since: known).count }

    /// Finds nothing.
    public func update(at stamp: Stamp) -> Update? { nil }

    /// Rebuilds the value from its history and these updates.
    public mutating func insert(
        older updates: [Update], initial: Self, wallClock milliseconds: Double
    ) -> [Application?] {
        var all = history(since: VersionVector()).map { (update: $0, place: -1) }
        all += updates.enumerated().map { (update: $1, place: $0) }
        // What the value has goes first where two have one stamp: the other is then a repetition.
        all.sort { left, right in
            left.update.stamp == right.update.stamp
                ? left.place < right.place : left.update.stamp < right.update.stamp
        }
        var results: [Application?] = Array(repeating: nil, count: updates.count)
        var rebuilt = initial
        var last: Stamp?
        for (update, place) in all {
            if place >= 0, update.stamp == last { continue }
            last = update.stamp
            let result = rebuilt.apply(update)
            if place >= 0 { results[place] = result }
        }
        var ignored: [Change]?
        rebuilt.advance(wallClock: milliseconds, changes: &ignored)
        self = rebuilt
        return results
    }

    /// The value looks at the time.
    @inlinable
    public static var readsWallClock: Bool { true }

    /// Takes one update while nobody listens.
    @inlinable
    @discardableResult
    public mutating func apply(_ update: Update) -> Application {
        var changes: [Change]?
        return apply(update, changes: &changes)
    }

    /// Histories wait until the own writes in them are saved.
    @inlinable
    public static var dropsSuperseded: Bool { true }

    /// Does nothing: most types do not look at the time.
    @inlinable
    public mutating func advance(wallClock milliseconds: Double, changes: inout [Change]?) {}
}
