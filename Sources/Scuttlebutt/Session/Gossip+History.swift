// SPDX-License-Identifier: MIT

extension Gossip {
    /// Appends what the peer lacks, up to the limit.
    ///
    /// - Returns: The position in the recent updates at which the session continues, or `nil` if
    ///   some of the history is still missing.
    mutating func appendHistory<Value: Replicated>(
        _ session: inout Session, _ value: Value, _ limit: DeltaLimit, _ unsettled: Timestamp?,
        _ block: inout WireBlock
    ) -> Int? {
        if let history = session.unsettledHistory {
            guard isSettled(history) else { return nil }
            session.unsettledHistory = nil
            append(history.updates.filter { !session.known.covers($0.stamp) }, &session, &block)
            if history.end != nil || !block.isEmpty { return history.end }
        }
        // A page has all of its log in memory.
        #if !hasFeature(Embedded)
            guard appendStored(&session, value, limit, &block) else { return nil }
        #endif
        // The straight way. What an unsaved write may have superseded, and what may be too long for
        // the peer, is looked at one by one below.
        let mustHold = unsettled != nil && Value.dropsSuperseded
        if !mustHold, session.options.longestLine == nil, sendsAll,
            let isAll = appendLines(&session, value, limit, &block)
        {
            return isAll ? recent.end : nil
        }
        var delta = value.delta(since: session.known, limit: limit)
        let isWhole = delta.isEmpty || limit == .unlimited
        if let unsettled, Value.dropsSuperseded, !delta.isEmpty {
            // The delta lacks what our unsaved writes superseded. Until those are saved, the peer
            // must not skip it: if they were lost, the peer would never get it.
            var known = session.known
            for update in delta { known.advance(update.source, to: update.timestamp) }
            let isAll = isWhole || value.delta(since: known, limit: DeltaLimit(updates: 1)).isEmpty
            session.unsettledHistory = Session.UnsettledHistory(
                updates: delta, until: unsettled, end: isAll ? recent.end : nil)
            return nil
        }
        delta.removeAll { !covers($0.stamp) }
        if delta.isEmpty, !isWhole {
            // All of it is still being saved, so look further on for what may be sent.
            var room = limit
            for update in value.history(since: session.known) where covers(update.stamp) {
                guard room.take(update) || delta.isEmpty else { break }
                delta.append(update)
            }
        }
        let before = block.ends.count
        append(delta, &session, &block)
        // What is too long for the peer may fill whole slices: who pulls takes nothing for the end.
        while !isWhole, !delta.isEmpty, block.ends.count == before {
            delta = value.delta(since: session.known, limit: limit)
            delta.removeAll { !covers($0.stamp) }
            append(delta, &session, &block)
        }
        // Whether a delta was cut is not known. Asking once more is cheap and answers it.
        return delta.isEmpty || isWhole ? recent.end : nil
    }

    mutating func append(
        _ updates: [Update], _ session: inout Session, _ block: inout WireBlock
    ) {
        for update in updates {
            if session.options.longestLine != nil || !sendsAll {
                // An earlier one of its source may have been withheld.
                if update.source != source, session.known.covers(update.stamp) { continue }
                if !mayWrite(update.stamp, &session) { continue }
                if session.isTooLong(update) {
                    leaveOut(update.stamp, &session)
                    continue
                }
            }
            wire.append(update, to: &block)
            write(update.stamp, &session)
        }
    }

    /// Leaves out an update that is too long for a peer.
    mutating func leaveOut(_ stamp: Stamp, _ session: inout Session) {
        guard brings(stamp.source) else { return session.withhold(stamp.source) }
        pass(over: stamp, &session)
        setAside.append(stamp)
    }

    func isSettled(_ history: Session.UnsettledHistory) -> Bool {
        newestOwn.map { $0 >= history.until } ?? false
    }

    /// Appends the lines of what the peer lacks, without making updates, and where others have got
    /// the same, without encoding it again.
    ///
    /// - Returns: Whether that was all, as far as is known, or `nil` if the value cannot do it.
    private mutating func appendLines<Value: Replicated>(
        _ session: inout Session, _ value: Value, _ limit: DeltaLimit, _ block: inout WireBlock
    ) -> Bool? {
        #if !hasFeature(Embedded)
            let isShared = !Value.dropsSuperseded
            let position = isShared ? historyPosition(of: &session, limit: limit) : .apart
            if let shared = historyBlocks.block(at: position), shared.fits(session.known) {
                block.append(contentsOf: shared.lines)
                for stretch in shared.stretches { write(stretch.end, &session) }
                session.historyPosition = position.next
                return false
            }
        #endif
        var lines = WireBlock()
        let extent = value.appendDelta(
            since: session.known, upTo: { newestCovered(of: $0) }, limit: limit, to: &lines)
        guard let extent else { return nil }
        // A page has one peer, and nobody would ask for the blocks again.
        #if !hasFeature(Embedded)
            if extent.isCut, isShared {
                let stretches = extent.ends.map {
                    HistoryBlocks.Stretch(after: session.known[$0.source], end: $0)
                }
                session.historyPosition = historyBlocks.append(
                    HistoryBlocks.Block(lines: lines, stretches: stretches), at: position,
                    byteLimit: HistoryBlocks.byteLimit(beside: value.retainedByteCount))
            } else {
                session.historyPosition = .apart
            }
        #endif
        for stamp in extent.ends { write(stamp, &session) }
        block.append(contentsOf: lines)
        // Whether a delta was cut is not known to every type. Asking once more is cheap.
        return extent.ends.isEmpty || limit == .unlimited
    }

    private mutating func historyPosition(
        of session: inout Session, limit: DeltaLimit
    ) -> HistoryBlocks.Position {
        if let position = session.historyPosition { return position }
        guard session.known.count <= HistoryBlocks.maximumSources else { return .apart }
        // A newcomer's own source, of which we have nothing, makes no difference.
        var known = VersionVector()
        for entry in session.known.entries where newestCovered(of: entry.source) != nil {
            known.advance(entry.source, to: entry.timestamp)
        }
        return historyBlocks.start(from: known, limit: limit)
    }

    /// The newest timestamp accepted from a source.
    func newestCovered(of source: Source) -> Timestamp? {
        source == self.source ? newestOwn : foreign[source]
    }

    /// Forgets what is kept of histories, because older updates were inserted below others, or
    /// because those in it are no longer in memory.
    mutating func forgetHistoryBlocks() { historyBlocks.clear() }
}
