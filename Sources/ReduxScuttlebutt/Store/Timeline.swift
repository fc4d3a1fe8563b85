// SPDX-License-Identifier: MIT

public import Redux
public import Rewind
public import Scuttlebutt

/// The state of the inner store: the history that folds to the program's state.
@usableFromInline
struct Timeline<State: Sendable, Action: Sendable>: Sendable {
    @usableFromInline var history: History<State, Action>
    /// The effects of the last change.
    @usableFromInline var lastChange = HistoryChange()

    @inlinable
    init(base: State, reducer: Reducer<State, Action>, spacing: Int) {
        history = History(base: base, reducer: Timeline.folding(reducer), spacing: spacing)
    }

    /// Returns a program's reducer in the form that the history calls.
    @inlinable
    static func folding(_ reducer: Reducer<State, Action>) -> HistoryReducer<State, Action> {
        HistoryReducer(reporting: { state, action, stamp in
            let meta = ActionMeta(timestamp: stamp?.timestamp, source: stamp?.source)
            guard reducer.canThrow else {
                try? reducer.reduce(&state, action, meta)
                return .applied
            }
            do {
                try reducer.reduce(&state, action, meta)
                return .applied
            } catch {
                return .failed
            }
        })
    }

    /// Performs an action of the inner store.
    @inlinable
    mutating func perform(
        _ action: TimelineAction<State, Action>, _ replay: ApartReplay<State, Action>
    ) {
        if replay.hasDuties { replay.note(action, &history) }
        switch action {
        case .own(let action, let stamp):
            lastChange = history.insert(action, at: stamp)
        case .local(let action):
            lastChange = history.appendLocal(action)
        case .batch(let actions, let box):
            lastChange = history.merge(actions)
            box?.change = lastChange
        case .swap(let replayed, let change, let box):
            swap(replayed, change, replay)
            box.change = lastChange
        case .replaceReducer(let reducer, let base):
            lastChange = history.replaceReducer(Timeline.folding(reducer), base: base)
        }
    }
}

extension Timeline {
    /// Replaces the history with a replayed copy.
    @usableFromInline
    mutating func swap(
        _ copy: ReplayedCopy<State, Action>, _ change: HistoryChange,
        _ replay: ApartReplay<State, Action>
    ) {
        guard let replayed = copy.take() else { return }
        history = consume replayed
        lastChange = change
        lastChange.add(replay.end(&history))
    }
}

/// An action of the inner store.
@usableFromInline
enum TimelineAction<State: Sendable, Action: Sendable>: Sendable {
    case own(Action, Stamp)
    case local(Action)
    case batch([StampedAction<Action>], ChangeBox?)
    case swap(ReplayedCopy<State, Action>, HistoryChange, ChangeBox)
    case replaceReducer(Reducer<State, Action>, base: State?)
}
