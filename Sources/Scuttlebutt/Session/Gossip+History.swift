// SPDX-License-Identifier: MIT

extension Gossip {
    /// Appends the lines of what the peer lacks, without making updates, and where others have got
    /// the same, without encoding it again.
    ///
    /// - Returns: Whether that was all, as far as is known, or `nil` if the value cannot do it.
    mutating func appendLines<Value: Replicated>(
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
