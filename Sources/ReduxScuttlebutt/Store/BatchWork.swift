// SPDX-License-Identifier: MIT

public import Rewind
public import Scuttlebutt
public import ScuttlebuttCoding

/// The two loops over the updates from others, as closures created where the program's types are
/// known, because generic code would be several times slower.
@usableFromInline
struct BatchWork<State: Sendable, Action: Sendable>: Sendable {
    let decode: @Sendable ([Update]) -> (batch: [HistoryEntry<Action>], unknown: [Stamp])
    let merge: @Sendable (inout History<State, Action>, [HistoryEntry<Action>]) -> HistoryChange

    @usableFromInline
    init(
        decode:
            @escaping @Sendable ([Update]) -> (
                batch: [HistoryEntry<Action>], unknown: [Stamp]
            ),
        merge:
            @escaping @Sendable (inout History<State, Action>, [HistoryEntry<Action>]) ->
            HistoryChange
    ) {
        self.decode = decode
        self.merge = merge
    }

    /// Returns the loops for actions with this codec; inlined into the program.
    @inlinable
    static func work(_ codec: ActionCodec<Action>) -> BatchWork {
        BatchWork(
            decode: { updates in
                var batch: [HistoryEntry<Action>] = []
                batch.reserveCapacity(updates.count)
                var unknown: [Stamp] = []
                for update in updates {
                    let action = (try? codec.decode(update.payload)) ?? nil
                    if action == nil { unknown.append(update.stamp) }
                    batch.append(HistoryEntry(action, at: update.stamp))
                }
                return (batch, unknown)
            },
            merge: { history, batch in history.merge(batch) })
    }
}
