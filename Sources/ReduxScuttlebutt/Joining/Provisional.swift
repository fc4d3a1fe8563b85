// SPDX-License-Identifier: MIT

public import Rewind
import Scuttlebutt
import ScuttlebuttRuntime

/// What is remembered while a history begins with the state of a peer.
///
/// The log is empty below that place, or has gaps: actions that arrive there go to the log only,
/// and are folded when all of them are here.
@usableFromInline
struct Provisional<Action: Sendable>: Sendable {
    /// What the peer has claimed.
    let checkpoint: StoredCheckpoint
    /// What its older checkpoints say.
    let rungs: [CheckpointContent.Rung]
    /// The name of the link over which it came.
    let peer: String
    /// The local-only actions, each after the stamp that was newest when it ran.
    var locals: [HistoryEntry<Action>]
    /// The source of this store.
    let own: Source
}

extension InnerState {
    /// Remembers a local-only action, because the history that comes later needs it.
    @usableFromInline
    mutating func noteLocal(_ action: Action) {
        provisional?.locals.append(HistoryEntry(local: action, anchor: history.newest))
    }

    /// Takes actions while the history begins with the state of a peer.
    @usableFromInline
    mutating func admit(_ actions: [HistoryEntry<Action>]) {
        guard let provisional else { return }
        lastBatch = HistoryChange()
        lastBatch = history.take(actions, provisional)
    }

    /// Replaces the history with one that begins with the state of a peer.
    @usableFromInline
    mutating func join(
        _ copy: ReplayedCopy<State, Action>, _ joined: Provisional<Action>,
        _ replay: BackgroundReplay<State, Action>
    ) {
        let rest = replay.takeLast()
        guard let joinedHistory = copy.take() else { return }
        history = consume joinedHistory
        provisional = joined
        for step in rest {
            switch step {
            case .recorded(let actions):
                for action in actions where action.isLocal { provisional?.locals.append(action) }
                lastBatch = history.take(actions, joined)
            case .replaced(let reducer, let base):
                // The state is of the one before: the whole log is folded with the new one.
                replace(reducer, base)
            }
        }
    }
}

extension History where State: Sendable, Action: Sendable {
    /// Takes what belongs above the floor, and shows own and local-only actions below it at the
    /// head for the time being.
    mutating func take(
        _ actions: [HistoryEntry<Action>], _ provisional: Provisional<Action>
    ) -> HistoryChange {
        let floor = floor ?? provisional.checkpoint.stamp
        var change = HistoryChange()
        change.add(merge(actions.filter { !$0.isLocal && $0.stamp.map { floor < $0 } ?? false }))
        for action in actions {
            guard let known = action.action else { continue }
            guard let stamp = action.stamp else {
                change.add(appendLocal(known))
                continue
            }
            let isShown =
                floor < stamp || stamp.source != provisional.own
                || provisional.checkpoint.vector.covers(stamp)
            if !isShown { change.add(appendLocal(known)) }
        }
        return change
    }
}
