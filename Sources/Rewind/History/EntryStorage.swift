// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// The entries of a history in ascending order, in chunks that copies of the history share.
///
/// Every chunk except the last is full, so finding an index takes a shift and a mask. Entries are
/// inserted in the middle only by detaching what follows and weaving it back in, which costs no
/// more than the replay that must follow anyway.
@usableFromInline
struct EntryStorage<Action> {
    @usableFromInline typealias Entry = StoredEntry

    @usableFromInline var chunks: [EntryChunk<Action>] = []
    /// The number of entries ever appended: the index after the newest.
    @usableFromInline var count = 0
    /// The index of the oldest entry kept; older ones are folded into the base for good.
    @usableFromInline var start = 0
    /// The number of chunks that were dropped from the front.
    @usableFromInline var droppedChunks = 0
    /// The stamp up to which everything is folded into the base; `nil` if nothing is.
    @usableFromInline var floor: Stamp?
    /// The sources of all anchors, in the order of their first appearance.
    @usableFromInline var sources: [Source] = []
    @usableFromInline var sourceIndexes: [Source: UInt32] = [:]
    /// Where old actions are whose entries do not hold them; see ``History/archive(_:)``.
    @usableFromInline var archive: ActionArchive<Action>?
    /// The number of entries from which on old actions are to be archived.
    @usableFromInline var archiveDue = Int.max
    /// The index up to which that was done.
    @usableFromInline var archiveStart = 0
    /// The source that was looked up last; most entries follow one of the same source.
    @usableFromInline var lastSource = 0

    /// The number of entries per chunk: a power of two, from which `chunkMask` and `chunkShift`
    /// derive.
    @inlinable static var chunkCapacity: Int { 512 }
    @inlinable static var chunkShift: Int { 9 }
    @inlinable static var chunkMask: Int { chunkCapacity - 1 }

    @inlinable
    init() {}

    @inlinable
    subscript(index: Int) -> Entry {
        _read {
            yield chunks[place(of: index)].entries[index & Self.chunkMask]
        }
        _modify {
            yield &chunks[place(of: index)].entries[index & Self.chunkMask]
        }
    }

    /// The place of the chunk with an entry.
    @inlinable
    func place(of index: Int) -> Int { index >> Self.chunkShift &- droppedChunks }

    @inlinable
    mutating func append(_ entry: Entry, _ action: consuming Action?) {
        if count & Self.chunkMask == 0 { appendChunk(hasActions: action != nil) }
        chunks[chunks.count - 1].append(entry, action)
        count += 1
    }

    @inlinable
    mutating func appendChunk(hasActions: Bool) {
        var chunk = EntryChunk<Action>()
        // A short history stays small, and a long one does not grow each chunk step by step.
        if count != 0 {
            chunk.entries.reserveCapacity(Self.chunkCapacity)
            if hasActions { chunk.actions.reserveCapacity(Self.chunkCapacity) }
        }
        chunks.append(chunk)
    }

    /// Appends some entries of a chunk that was detached.
    @inlinable
    mutating func append(_ chunk: EntryChunk<Action>, _ range: Range<Int>) {
        var start = range.lowerBound
        // Where two sources alternate, moving slices would be slower.
        if range.count < 4 {
            for index in range { append(chunk.entries[index], chunk.action(at: index)) }
            return
        }
        while start < range.upperBound {
            if count & Self.chunkMask == 0 { appendChunk(hasActions: chunk.heldCount > 0) }
            let room = Self.chunkCapacity - count & Self.chunkMask
            let end = min(range.upperBound, start + room)
            chunks[chunks.count - 1].append(chunk, start..<end)
            count += end - start
            start = end
        }
    }

    /// Appends an entry with the newest anchor.
    @inlinable
    mutating func append(_ entry: HistoryEntry<Action>) {
        append(
            Entry(
                isLocal: entry.isLocal, hasFailed: entry.hasFailed,
                source: entry.anchor.map { index(of: $0.source) } ?? Entry.noSource,
                timestamp: entry.anchor?.timestamp ?? .maximum),
            entry.known)
    }

    /// Returns the number of a source, giving it one if it is new.
    @inlinable
    mutating func index(of source: Source) -> UInt32 {
        if lastSource < sources.count, sources[lastSource] == source {
            return UInt32(truncatingIfNeeded: lastSource)
        }
        let index = sourceIndexes[source] ?? UInt32(truncatingIfNeeded: sources.count)
        if index == sources.count {
            sourceIndexes[source] = index
            sources.append(source)
        }
        lastSource = Int(index)
        return index
    }

    /// The anchor of an entry: the stamp of a gossiped action, or the one that a local-only action
    /// came after.
    @inlinable
    func anchor(of entry: Entry) -> Stamp? {
        guard entry.source != Entry.noSource else { return nil }
        return Stamp(timestamp: entry.timestamp, source: sources[Int(entry.source)])
    }

    /// The stamp of a gossiped action, or `nil` for a local-only one.
    @inlinable
    func stamp(of entry: Entry) -> Stamp? { entry.isLocal ? nil : anchor(of: entry) }

    /// The action of an entry; `nil` if this build does not know it.
    ///
    /// - Parameter archive: The archive; loops fetch it once, because a call that takes the whole
    ///   storage keeps all of it out of registers.
    @inlinable
    @inline(__always)
    func action(of entry: Entry, at index: Int, _ archive: ActionArchive<Action>?) -> Action? {
        if entry.isArchived {
            return archive?.action(at: entry.timestamp, number: Int(entry.source))
        }
        let (place, offset) = (place(of: index), index & Self.chunkMask)
        // Not by a method of the chunk, which would count references to both of its arrays.
        return offset < chunks[place].actions.count ? chunks[place].actions[offset] : nil
    }

    /// Whether this build does not know the action of an entry.
    @inlinable
    func isUnknown(at index: Int) -> Bool {
        !self[index].isArchived
            && chunks[place(of: index)].action(at: index & Self.chunkMask) == nil
    }

    /// Gives an entry its action.
    @inlinable
    mutating func set(_ action: Action, at index: Int) {
        chunks[place(of: index)].set(action, at: index & Self.chunkMask)
    }

    /// The entry at an index as the program sees it.
    @inlinable
    func entry(at index: Int) -> HistoryEntry<Action> {
        let stored = self[index]
        var entry = HistoryEntry(
            anchor: anchor(of: stored), isLocal: stored.isLocal,
            action: action(of: stored, at: index, archive))
        entry.hasFailed = stored.hasFailed
        return entry
    }

    /// The newest stamp.
    ///
    /// The last entry has it even if it is local-only, because it is anchored there.
    @inlinable
    var newest: Stamp? { count == start ? floor : anchor(of: self[count - 1]) }

    /// Returns whether a gossiped action at this place would come before an entry.
    @inlinable
    func isBefore(_ timestamp: Timestamp, _ source: Source, _ entry: Entry) -> Bool {
        guard entry.source != Entry.noSource else { return false }
        if timestamp != entry.timestamp { return timestamp < entry.timestamp }
        return source < sources[Int(entry.source)]
    }

    /// Returns whether an entry's anchor comes before a stamp.
    @inlinable
    func isBefore(_ entry: Entry, _ timestamp: Timestamp, _ source: Source) -> Bool {
        guard entry.source != Entry.noSource else { return true }
        if timestamp != entry.timestamp { return entry.timestamp < timestamp }
        return sources[Int(entry.source)] < source
    }

    /// Returns whether `stamp` comes after all entries.
    @inlinable
    func endsBefore(_ stamp: Stamp) -> Bool { endsBefore(stamp.timestamp, stamp.source) }

    @inlinable
    func endsBefore(_ timestamp: Timestamp, _ source: Source) -> Bool {
        guard count == start else { return isBefore(self[count - 1], timestamp, source) }
        return floor.map { $0 < Stamp(timestamp: timestamp, source: source) } ?? true
    }

    /// Returns the first index whose entry does not come before the gossiped action at `stamp`.
    ///
    /// - Complexity: O(log count).
    @inlinable
    func lowerBound(of stamp: Stamp) -> Int {
        var (low, high) = (start, count)
        while low < high {
            let middle = (low + high) >> 1
            if isBefore(self[middle], stamp.timestamp, stamp.source) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Returns the index of the first entry that is anchored after a timestamp.
    ///
    /// - Complexity: O(log count).
    @inlinable
    func firstIndex(above timestamp: Timestamp) -> Int {
        var (low, high) = (start, count)
        while low < high {
            let middle = (low + high) >> 1
            let entry = self[middle]
            if entry.source == Entry.noSource || entry.timestamp <= timestamp {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Returns whether an entry that arrives would come before a stored one.
    @inlinable
    func isBefore(_ arrival: HistoryEntry<Action>, _ entry: Entry) -> Bool {
        guard let anchor = arrival.anchor else { return entry.source != Entry.noSource }
        return isBefore(anchor.timestamp, anchor.source, entry)
    }

    /// Returns the index of the first entry before which an arrival would come.
    ///
    /// - Complexity: O(log count), O(1) at the end.
    @inlinable
    func firstIndex(after arrival: HistoryEntry<Action>) -> Int {
        if count == start || !isBefore(arrival, self[count - 1]) { return count }
        var (low, high) = (start, count - 1)
        while low < high {
            let middle = (low + high) >> 1
            if isBefore(arrival, self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Returns the index of the gossiped action at `stamp`, or `nil` if there is none.
    @inlinable
    func index(of stamp: Stamp) -> Int? {
        let index = lowerBound(of: stamp)
        // The first entry with this anchor is the gossiped one, unless that is in the base;
        // local-only ones follow it.
        guard index < count, !self[index].isLocal,
            !isBefore(stamp.timestamp, stamp.source, self[index])
        else { return nil }
        return index
    }

    /// Removes the entries from `index` on and returns them.
    ///
    /// - Complexity: O(removed entries of the first chunk + removed chunks).
    @inlinable
    mutating func detach(from index: Int) -> [EntryChunk<Action>] {
        guard index < count else { return [] }
        let first = place(of: index)
        let offset = index & Self.chunkMask
        var suffix: [EntryChunk<Action>] = []
        suffix.reserveCapacity(chunks.count - first)
        if offset == 0 {
            suffix.append(contentsOf: chunks[first...])
            chunks.removeSubrange(first...)
        } else {
            suffix.append(chunks[first].split(from: offset))
            suffix.append(contentsOf: chunks[(first + 1)...])
            chunks.removeSubrange((first + 1)...)
        }
        count = index
        return suffix
    }

    /// Drops the entries before `index`, which are folded into the base for good.
    ///
    /// - Complexity: O(chunks).
    @inlinable
    mutating func drop(before index: Int) {
        guard index > start else { return }
        floor = anchor(of: self[index - 1])
        start = index
        let surplus = index >> Self.chunkShift - droppedChunks
        chunks.removeFirst(min(surplus, chunks.count))
        droppedChunks += surplus
    }
}

extension EntryStorage: Sendable where Action: Sendable {}
