// SPDX-License-Identifier: MIT

extension Replica {
    /// Takes a part of the log that a session needs from the storage.
    mutating func receive(
        _ updates: [Update]?, of range: StoredRange, into effects: inout [Effect]
    ) {
        guard let updates, let isNews = gossip.receive(updates, of: range, value: value) else {
            let error = SessionError(
                .storageFailed, "a part of the log that this peer needs cannot be read")
            cutOff(range.peer, error, into: &effects)
            return
        }
        if isNews { effects.append(.wake(range.peer)) }
    }
}

extension Replica where Value == UpdateLog {
    /// Takes over a log that lies in a storage, of which only the newest part is in memory; call it
    /// before any session, on a replica that has nothing yet.
    ///
    /// - Parameters:
    ///   - log: The log.
    ///   - newest: The newest stamp of each source.
    ///   - highest: The highest timestamp up to the clock ceiling, which need not be among those.
    public mutating func restore(_ log: UpdateLog, newest: [Stamp], highest: Timestamp?) {
        value = log
        if let highest { timestamps.observe(highest) }
        for stamp in newest {
            gossip.restore(stamp)
            observe(stamp)
        }
    }

    /// Drops the oldest updates from memory, so that about `count` updates and `bytes` bytes
    /// remain; the storage must have them.
    ///
    /// - Parameters:
    ///   - count: About how many updates remain.
    ///   - bytes: About how many bytes of them remain.
    ///   - unsaved: The oldest update of each source that is not durable yet.
    /// - Returns: Whether anything was dropped.
    public mutating func drop(
        keeping count: Int, bytes: Int, unsaved: [Source: Timestamp]
    ) -> Bool {
        guard value.drop(keeping: count, bytes: bytes, unsaved: unsaved) else { return false }
        gossip.noteDropped()
        gossip.forgetHistoryBlocks()
        return true
    }
}
