// SPDX-License-Identifier: MIT

public import Redux
public import Rewind
public import Scuttlebutt

/// The state of the inner store: the history that folds to the program's state.
@usableFromInline
struct InnerState<State: Sendable, Action: Sendable>: Sendable {
    @usableFromInline var history: History<State, Action>
    /// What the last batch from others did.
    ///
    /// Batches are folded by one task at a time, so that task finds here what its own one did.
    @usableFromInline var lastBatch = HistoryChange()
    /// The state before the first action.
    @usableFromInline var origin: State
    /// A reducer that is to fold the whole log again; see ``DeepReplay``.
    @usableFromInline var refold: Refold<State, Action>?
    @usableFromInline var refoldCount = 0
    /// Whether the history begins with the state of a peer, whose history is not here yet.
    @usableFromInline var provisional: Provisional<Action>?

    @inlinable
    init(base: State, history: History<State, Action>) {
        origin = base
        self.history = history
    }

    /// Returns a program's reducer in the form that the history calls.
    @inlinable
    static func folding(_ reducer: Reducer<State, Action>) -> HistoryReducer<State, Action> {
        if let plainBody = reducer.plainBody {
            return HistoryReducer(reporting: { state, action, _ in
                plainBody(&state, action)
                return .applied
            })
        }
        return HistoryReducer(reporting: { state, action, stamp in
            guard reducer.canThrow else {
                // Two calls, because a meta made in two ways would count references to its source.
                if let stamp {
                    try? reducer.reduce(&state, action, ActionMeta(stamp))
                } else {
                    try? reducer.reduce(&state, action, .local)
                }
                return .applied
            }
            do {
                try reducer.reduce(&state, action, stamp.map { ActionMeta($0) } ?? .local)
                return .applied
            } catch {
                return .failed
            }
        })
    }

    /// Performs an action of the inner store.
    @inlinable
    mutating func perform(
        _ action: InnerAction<State, Action>, _ replay: BackgroundReplay<State, Action>
    ) {
        if replay.hasDuties { replay.note(action, &history) }
        switch action {
        case .own(let action, let stamp):
            guard provisional == nil else { return admit([HistoryEntry(action, at: stamp)]) }
            history.insert(action, at: stamp)
        case .local(let action):
            if provisional != nil { noteLocal(action) }
            history.appendLocal(action)
        case .batch(let actions):
            guard provisional == nil else { return admit(actions) }
            lastBatch = history.merge(actions)
            // In proportion to what was folded just now.
            replay.archive(&history, limit: max(1 << 14, 2 * actions.count))
        case .swap(let replayed, let change):
            swap(replayed, change, replay)
        case .rebuilt(let replayed, let change, let refolded):
            if refold?.number == refolded { refold = nil }
            provisional = nil
            swap(replayed, change, replay)
        case .followed(let actions):
            admit(actions)
        case .joined(let copy, let joined):
            join(copy, joined, replay)
        case .replaceReducer(let reducer, let base):
            replace(reducer, base)
        }
    }
}

extension InnerState {
    /// Folds everything with another reducer; what is no longer in memory is folded later.
    @usableFromInline
    mutating func replace(_ reducer: Reducer<State, Action>, _ base: State?) {
        if let base { origin = base }
        guard history.floor == nil else {
            refoldCount += 1
            refold = Refold(reducer: reducer, base: origin, number: refoldCount)
            return
        }
        history.replaceReducer(InnerState.folding(reducer), base: base)
    }

    /// Replaces the history with a replayed copy.
    @usableFromInline
    mutating func swap(
        _ copy: ReplayedCopy<State, Action>, _ change: HistoryChange,
        _ replay: BackgroundReplay<State, Action>
    ) {
        guard let replayed = copy.take() else { return }
        history = consume replayed
        lastBatch = change
        lastBatch.add(replay.end(&history))
        // As for a batch: under the lock nothing may take as long as the replay did outside.
        replay.archive(&history, limit: max(1 << 14, 2 * lastBatch.inserted))
    }
}

/// An action of the inner store.
@usableFromInline
enum InnerAction<State: Sendable, Action: Sendable>: Sendable {
    case own(Action, Stamp)
    case local(Action)
    case batch([HistoryEntry<Action>])
    case swap(ReplayedCopy<State, Action>, HistoryChange)
    /// A history that was made from the storage, with the number of its ``Refold``.
    case rebuilt(ReplayedCopy<State, Action>, HistoryChange, Int?)
    /// A history that begins with the state of a peer.
    case joined(ReplayedCopy<State, Action>, Provisional<Action>)
    /// What that peer has got since, for as long as its history is not here.
    case followed([HistoryEntry<Action>])
    case replaceReducer(Reducer<State, Action>, base: State?)
}
