// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt
import ScuttlebuttRuntime

extension DeepReplay {
    /// Folds the whole log, which replaces a history that begins with the state of a peer, and
    /// compares that state.
    ///
    /// - Parameter encode: Encodes a state as its checkpoints do; `nil` if nothing is compared.
    /// - Returns: `nil` if the history begins with nobody's state, or is being folded already, and
    ///   `.some(nil)` if nothing was compared.
    func verify(
        _ encode: (@Sendable (State) throws -> [UInt8])?
    ) async throws -> ClaimCheck<State, Action>.Verdict?? {
        guard begin() else { return .none }
        defer { end() }
        do {
            return try await foldWhole(encode)
        } catch {
            cancel()
            throw error
        }
    }

    /// Folds the log from its beginning to its end.
    ///
    /// - Parameter encode: `nil` if nothing is to be compared.
    /// - Returns: `nil` if nothing was folded, and `.some(nil)` if nothing was compared.
    func foldWhole(
        _ encode: (@Sendable (State) throws -> [UInt8])?
    ) async throws -> ClaimCheck<State, Action>.Verdict?? {
        guard let begun = beginWhole() else { return .none }
        let provisional = begun.provisional
        try await flush()
        let count = try await storage.summary().count
        var fresh = begun.start
        var locals = provisional.locals.sorted { left, right in
            guard let right = right.anchorStamp else { return false }
            return left.anchorStamp.map { $0 < right } ?? true
        }[...]
        var check = encode.flatMap { encode in
            begun.refold == nil
                ? ClaimCheck(provisional, encode: encode, apart: locals.isEmpty ? nil : fresh)
                : nil
        }
        var cursor: Stamp?
        while true {
            let page = try await storage.updates(after: cursor, limit: Self.page)
            guard let last = page.last?.stamp else { break }
            var rest = page[...]
            while !rest.isEmpty {
                let place = check?.nextPlace
                let part = Array(rest.prefix { update in place.map { update.stamp <= $0 } ?? true })
                rest = rest.dropFirst(part.count)
                if !part.isEmpty {
                    check?.take(part, before: fresh, work)
                    merge(part, &locals, into: &fresh)
                }
                if !rest.isEmpty { try check?.compare(fresh) }
            }
            fresh.trim(keeping: budget.historyCount(averageSize: page.averageSize))
            cursor = last
            try Task.checkCancellation()
            await Task.yield()
        }
        while check?.nextPlace != nil { try check?.compare(fresh) }
        fresh.merge(Array(locals))
        guard fresh.gossipedCount >= count else {
            throw StorageError(
                .foreignOrCorrupt,
                "the store is damaged: only \(fresh.gossipedCount) of \(count) actions can be read "
                    + "in order; restore it from a copy")
        }
        // Nobody knows how much of it was delivered already and will not come again.
        fresh.readAhead = fresh.gossipedCount
        let inserted = fresh.gossipedCount
        finish(consume fresh, inserted: inserted, cause: nil, callsBefore: 0, begun.refold)
        return .some(check?.verdict)
    }

    /// Folds updates, and the local-only actions that come before the next ones.
    private func merge(
        _ updates: [Update], _ locals: inout ArraySlice<HistoryEntry<Action>>,
        into fresh: inout History<State, Action>
    ) {
        guard let last = updates.last?.stamp else { return }
        var (batch, _) = work.decode(updates)
        while let local = locals.first, local.anchorStamp.map({ $0 <= last }) ?? true {
            batch.append(local)
            locals.removeFirst()
        }
        folding.beginInBackground()
        _ = work.merge(&fresh, batch)
        folding.endInBackground()
    }
}
