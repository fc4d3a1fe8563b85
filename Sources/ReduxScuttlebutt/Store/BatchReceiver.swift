// SPDX-License-Identifier: MIT

import Redux
import Rewind
import Scuttlebutt
import ScuttlebuttCoding

/// Folds the updates of others into the inner store, one notification for each batch.
struct BatchReceiver<State: Sendable, Action: Sendable>: Sendable {
    let inner: any StoreProtocol<Timeline<State, Action>, TimelineAction<State, Action>>
    let codec: ActionCodec<Action>
    let report: (@Sendable (GossipEvent) -> Void)?

    /// Decodes and folds a batch; what cannot be decoded keeps its place and is skipped.
    func apply(_ updates: [Update]) {
        guard !updates.isEmpty else { return }
        var batch: [StampedAction<Action>] = []
        batch.reserveCapacity(updates.count)
        var unknown: [Stamp] = []
        for update in updates {
            let action = (try? codec.decode(update.payload)) ?? nil
            if action == nil { unknown.append(update.stamp) }
            batch.append(StampedAction(stamp: update.stamp, action: action))
        }
        inner.dispatch(.batch(batch))
        guard let report else { return }
        for stamp in unknown { report(.unknown(stamp)) }
        report(.applied(inner.withState { $0.lastChange }))
    }
}
