// SPDX-License-Identifier: MIT

/// Sending what memory no longer has.
extension Gossip {
    /// Appends what the peer lacks and memory no longer has, from the page that was read.
    ///
    /// - Returns: Whether the rest of what it lacks is in memory.
    mutating func appendStored<Value: Replicated>(
        _ session: inout Session, _ value: Value, _ limit: DeltaLimit, _ block: inout WireBlock
    ) -> Bool {
        var room = limit
        var batch: [Update] = []
        while let update = session.stored.first {
            if covers(update.stamp), !session.known.covers(update.stamp) {
                guard room.take(update) || batch.isEmpty else { break }
                batch.append(update)
            }
            session.stored.removeFirst()
        }
        append(batch, &session, &block)
        guard session.stored.first == nil else { return false }
        guard let start = value.storedStart(since: session.known, after: session.stored.cursor)
        else {
            session.stored.finish()
            return true
        }
        if !session.stored.isReading { session.stored.read(after: start) }
        return false
    }

    /// The parts of the log that were asked for since the last call.
    mutating func takeRequests() -> [StoredRange] {
        guard !requests.isEmpty else { return [] }
        defer { requests = [] }
        return requests
    }

    /// Takes note that the value has dropped something from memory.
    mutating func noteDropped() {
        if readsStorage { sessions.forEachStored { $0.noteDropped() } }
    }

    /// Receives a part of the log that a session asked for.
    ///
    /// - Returns: Whether there is something to send to the peer now; `nil` if the part is empty
    ///   although it must not be.
    mutating func receive<Value: Replicated>(
        _ updates: [Update], of range: StoredRange, value: Value
    ) -> Bool? {
        sessions.withMutableSession(range.peer) { session in
            guard session.stored.awaits(range) else { return false }
            if session.stored.dropStale() { return true }
            guard let last = updates.last else {
                session.stored.take([], and: [])
                let cursor = session.stored.cursor
                return value.storedStart(since: session.known, after: cursor) == nil ? true : nil
            }
            let memory = value.memory(since: session.known, through: last.stamp)
            session.stored.take(updates, and: memory)
            return true
        } ?? false
    }
}
