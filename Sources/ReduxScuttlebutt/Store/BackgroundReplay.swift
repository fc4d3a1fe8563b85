// SPDX-License-Identifier: MIT

import Redux
public import Rewind
import Scuttlebutt
import Synchronization

/// Lets a long replay work on a copy of the history while the program continues, and records what
/// the program dispatches meanwhile, so that the copy can replace the history without losing
/// anything.
///
/// Except for the two flags, everything is accessed only under the lock of the inner store, in its
/// reducer or in a `withState`. The mutex satisfies the compiler and is never contended.
@usableFromInline
final class BackgroundReplay<State: Sendable, Action: Sendable>: Sendable {
    /// A change of the history while its copy was being replayed.
    enum Step: Sendable {
        case recorded([HistoryEntry<Action>])
        case replaced(Reducer<State, Action>, base: State?)
    }

    /// The number of actions below which a replay happens in place: 4,096.
    static var smallestWork: Int { 4_096 }
    /// The most times that the copy catches up before it replaces the history; the rest is folded
    /// under the lock.
    static var maximumRounds: Int { 4 }

    private let steps = Mutex<[Step]?>(nil)
    private let wantsSnapshot = Atomic<Bool>(false)
    /// How many entries the history is to keep; 0 if nothing is to be trimmed.
    private let trimming = Atomic<Int>(0)
    /// Full chunks of the log for the history's archive.
    private let sealed = Mutex<[SealedRun]?>(nil)
    /// Whether ``note(_:_:)`` has anything to do; checking this is the only cost for an ordinary
    /// dispatch.
    private let isNeeded = Atomic<Bool>(false)

    @usableFromInline
    init() {}

    /// Requests a snapshot of the state before the next change, when contact with others has ended.
    ///
    /// Nothing changes now, so there is no notification.
    func keepSnapshot() {
        wantsSnapshot.store(true, ordering: .relaxed)
        isNeeded.store(true, ordering: .releasing)
    }

    /// Requests that the history is trimmed before the next change.
    ///
    /// Nothing that anybody sees changes, so there is no notification.
    func trim(keeping count: Int) {
        trimming.store(max(1, count), ordering: .relaxed)
        isNeeded.store(true, ordering: .releasing)
    }

    /// Requests that old actions are replaced by these chunks of the log with the next change.
    ///
    /// Nothing that anybody sees changes, so there is no notification.
    func archive(_ runs: [SealedRun]) {
        sealed.withLock { $0 = runs }
        isNeeded.store(true, ordering: .releasing)
    }

    /// Stops recording without a result.
    func cancel() { steps.withLock { $0 = nil } }

    /// Whether ``note(_:_:)`` must be called in the inner reducer before the history changes.
    @usableFromInline var hasDuties: Bool { isNeeded.load(ordering: .acquiring) }

    /// Takes the requested snapshot, and records the action if a copy is being replayed.
    @usableFromInline
    func note(
        _ action: InnerAction<State, Action>, _ history: inout History<State, Action>
    ) {
        isNeeded.store(false, ordering: .releasing)
        if wantsSnapshot.exchange(false, ordering: .relaxed) { history.keepSnapshotAtHead() }
        let kept = trimming.exchange(0, ordering: .relaxed)
        if kept > 0 { history.trim(keeping: kept) }
        if case .own = action { archive(&history, limit: History<State, Action>.archiveLimit) }
        steps.withLock { steps in
            guard steps != nil else { return }
            isNeeded.store(true, ordering: .releasing)
            switch action {
            case .own(let action, let stamp):
                steps?.record([HistoryEntry(action, at: stamp)])
            case .local(let action):
                steps?.record([HistoryEntry(local: action, anchor: history.newest)])
            case .batch(let actions):
                steps?.record(actions)
            case .replaceReducer(let reducer, let base):
                // With a floor, the whole log is folded again; see `InnerState.replace(_:_:)`.
                if history.floor == nil { steps?.append(.replaced(reducer, base: base)) }
            case .swap, .rebuilt, .joined, .followed:
                break
            }
        }
    }

    /// Replaces old actions, if that was requested.
    @usableFromInline
    func archive(_ history: inout History<State, Action>, limit: Int) {
        let runs = sealed.withLock { sealed in
            defer { sealed = nil }
            return sealed
        }
        if let runs { history.archive(runs, limit: limit) }
    }

    /// Begins to record; returns `false` if another copy is being replayed.
    func begin() -> Bool {
        steps.withLock { steps in
            guard steps == nil else { return false }
            steps = []
            isNeeded.store(true, ordering: .releasing)
            return true
        }
    }

    /// Returns what was recorded since the last call.
    func take() -> [Step] {
        steps.withLock { steps in
            guard let taken = steps else { return [] }
            steps = []
            return taken
        }
    }

    /// Stops recording, and returns what was recorded since the last call of ``take()``.
    func takeLast() -> [Step] {
        steps.withLock { steps in
            defer { steps = nil }
            return steps ?? []
        }
    }

    /// Stops recording and applies what was recorded since the last call of ``take()``.
    @usableFromInline
    func end(_ history: inout History<State, Action>) -> HistoryChange {
        history.catchUp(takeLast())
    }
}

extension Array {
    /// Appends recorded actions, merging them with the last step if possible.
    fileprivate mutating func record<State, Action>(_ more: [HistoryEntry<Action>])
    where Element == BackgroundReplay<State, Action>.Step {
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
    /// Applies the changes that another copy has received since, in order.
    mutating func catchUp(_ steps: [BackgroundReplay<State, Action>.Step]) -> HistoryChange {
        var change = HistoryChange()
        for step in steps {
            switch step {
            case .recorded(let actions):
                change.add(merge(actions))
            case .replaced(let reducer, let base):
                change.add(replaceReducer(InnerState.folding(reducer), base: base))
            }
        }
        return change
    }
}

extension HistoryChange {
    /// Adds the effects of a further change in the same replay.
    mutating func add(_ other: HistoryChange) {
        inserted += other.inserted
        depth = max(depth, other.depth)
        reducerCalls += other.reducerCalls
        failed += other.failed
        cause = [cause, other.cause].compactMap { $0 }.min()
        duplicates += other.duplicates
    }
}

/// A replayed copy of the history on its way into the store.
///
/// It is moved out instead of copied, because while a second reference existed, the first change
/// would copy the state under the lock.
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
