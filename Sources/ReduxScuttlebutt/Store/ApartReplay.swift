// SPDX-License-Identifier: MIT

import Redux
public import Rewind
import Synchronization

/// Lets a long replay work on a copy of the history, beside the program, and keeps what the program
/// dispatches meanwhile, so that the copy can take the history's place without losing any of it.
///
/// Everything here but the two flags is read and changed only under the lock of the inner store,
/// in its reducer or in a `withState`; the mutex is for the compiler and is never contended.
@usableFromInline
final class ApartReplay<State: Sendable, Action: Sendable>: Sendable {
    /// One thing that the history took while its copy was being replayed.
    enum Step: Sendable {
        case recorded([RecordedAction<Action>])
        case replaced(Reducer<State, Action>, base: State?)
    }

    /// A replay of fewer actions than this is done in place: 4,096.
    static var smallestWork: Int { 4_096 }
    /// How often the copy catches up beside the program before it takes the history's place; what
    /// is left then is folded under the lock.
    static var maximumRounds: Int { 4 }

    private let steps = Mutex<[Step]?>(nil)
    private let wantsSnapshot = Atomic<Bool>(false)
    /// Whether ``note(_:_:)`` has anything to do: the one look that an ordinary dispatch pays.
    private let isNeeded = Atomic<Bool>(false)

    @usableFromInline
    init() {}

    /// Asks for a snapshot of the state before the next change, when contact with others has ended.
    ///
    /// Nothing changes now, so nobody need be notified.
    func keepSnapshot() {
        wantsSnapshot.store(true, ordering: .relaxed)
        isNeeded.store(true, ordering: .releasing)
    }

    /// Called in the inner reducer, before the history takes an action.
    @usableFromInline var hasDuties: Bool { isNeeded.load(ordering: .acquiring) }

    /// Does what was asked for, and records the action if a copy is being replayed.
    @usableFromInline
    func note(
        _ action: TimelineAction<State, Action>, _ history: inout History<State, Action>
    ) {
        isNeeded.store(false, ordering: .releasing)
        if wantsSnapshot.exchange(false, ordering: .relaxed) { history.keepSnapshotAtHead() }
        steps.withLock { steps in
            guard steps != nil else { return }
            isNeeded.store(true, ordering: .releasing)
            switch action {
            case .own(let action, let stamp):
                let stamped = StampedAction<Action>(stamp: stamp, action: action)
                steps?.record([RecordedAction(stamped)])
            case .local(let action):
                steps?.record([RecordedAction(local: action, anchor: history.newest)])
            case .batch(let actions, _):
                steps?.record(actions.map { RecordedAction($0) })
            case .replaceReducer(let reducer, let base):
                steps?.append(.replaced(reducer, base: base))
            case .swap:
                break
            }
        }
    }

    /// Begins to record; `false` when another copy is being replayed.
    func begin() -> Bool {
        steps.withLock { steps in
            guard steps == nil else { return false }
            steps = []
            isNeeded.store(true, ordering: .releasing)
            return true
        }
    }

    /// What was recorded since the last time.
    func take() -> [Step] {
        steps.withLock { steps in
            guard let taken = steps else { return [] }
            steps = []
            return taken
        }
    }

    /// What was recorded since the last time, and no more from now on.
    @usableFromInline
    func end(_ history: inout History<State, Action>) -> HistoryChange {
        let rest = steps.withLock { steps in
            defer { steps = nil }
            return steps ?? []
        }
        return history.catchUp(rest)
    }
}

extension Array {
    /// Adds recorded actions to those that were recorded just before.
    fileprivate mutating func record<State, Action>(_ more: [RecordedAction<Action>])
    where Element == ApartReplay<State, Action>.Step {
        if case .recorded(var before)? = last {
            removeLast()
            before += more
            append(.recorded(before))
        } else {
            append(.recorded(more))
        }
    }
}

extension History where State: Sendable, Action: Sendable {
    /// Takes what another copy took meanwhile, in its order.
    mutating func catchUp(_ steps: [ApartReplay<State, Action>.Step]) -> HistoryChange {
        var change = HistoryChange()
        for step in steps {
            switch step {
            case .recorded(let actions):
                change.add(resume(actions))
            case .replaced(let reducer, let base):
                change.add(replaceReducer(Timeline.folding(reducer), base: base))
            }
        }
        return change
    }
}

extension HistoryChange {
    /// Adds what a further change of the same replay did.
    mutating func add(_ other: HistoryChange) {
        inserted += other.inserted
        depth = max(depth, other.depth)
        reducerCalls += other.reducerCalls
        failed += other.failed
        cause = [cause, other.cause].compactMap { $0 }.min()
        duplicates += other.duplicates
    }
}

/// A history that was replayed beside the program, on its way into the store.
///
/// It is taken out and not copied: while a second reference lived, the first change would copy the
/// state under the lock.
@usableFromInline
final class ReplayedCopy<State: Sendable, Action: Sendable>: Sendable {
    private let content: Mutex<History<State, Action>?>

    init(_ history: consuming History<State, Action>) { content = Mutex(history) }

    func take() -> History<State, Action>? {
        content.withLock { content in
            defer { content = nil }
            return content
        }
    }
}

/// Where the change that a batch made is left for who dispatched it: by the time it looks, another
/// thread may have dispatched.
@usableFromInline
final class ChangeBox: Sendable {
    private let content = Mutex(HistoryChange())

    @usableFromInline var change: HistoryChange {
        get { content.withLock { $0 } }
        set { content.withLock { $0 = newValue } }
    }
}
