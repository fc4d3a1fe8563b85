// SPDX-License-Identifier: MIT
public import Synchronization

/// The plain store: one lock around state, reducer and subscribers.
///
/// The reducer changes the state in place, so nothing here may hold a second copy of it between
/// dispatches. The thread holding the lock is recorded, so that a reducer that calls its own store
/// is detected instead of deadlocking.
@usableFromInline
final class StoreCore<State: Sendable, Action: Sendable>: StoreProtocol {
    @usableFromInline
    struct Contents: Sendable {
        @usableFromInline var list = SubscriberList()
        /// The sequences that receive each state, even those between two notifications.
        @usableFromInline var feeds: [FeedEntry<State>] = []
        var isClosed = false
        @usableFromInline var reducer: Reducer<State, Action>
        /// The last property, because only its size varies, so that the others have fixed offsets.
        @usableFromInline var state: State
    }

    /// The maximum number of errors recorded for one action; further ones are summarised in one.
    static var pendingFaultLimit: Int { 64 }

    let onFault: StoreErrorHandler?
    /// Returns the state for a reducer that reads its own store against the rules, because the
    /// actual state is being changed at that moment.
    let substituteState: @Sendable () -> State

    @usableFromInline let contents: Mutex<Contents>
    /// The thread that runs a reducer or reads in place, or 0.
    ///
    /// Only that thread writes its number here and clears it, so a relaxed load is enough for a
    /// thread to recognise itself.
    @usableFromInline let owner = Atomic<UInt>(0)
    /// Whether `pending` has any entries; written and read by the owner.
    @usableFromInline let hasPending = Atomic<Bool>(false)
    /// The address of the state that the owner is reading in place, or 0.
    let readAddress = Atomic<UInt>(0)
    let pending = Mutex(PendingWork())

    init(
        initial: State, substituteState: @escaping @Sendable () -> State,
        reducer: Reducer<State, Action>, onFault: StoreErrorHandler?
    ) {
        self.onFault = onFault
        self.substituteState = substituteState
        var state = initial
        var faults = reducer.compositionErrors(state, .initialize)
        do {
            try reducer.send(.initialize, to: &state)
        } catch {
            state = initial
            faults.append(Self.failure(of: "\(ReducerSignal.initialize.name)", error))
        }
        contents = Mutex(Contents(reducer: reducer, state: state))
        for fault in faults { fault.report(to: onFault) }
    }

    @inlinable @discardableResult
    func dispatch(_ action: Action) -> Action {
        let thread = currentThread()
        if owner.load(ordering: .relaxed) == thread {
            rejectDispatch(of: action)
            return action
        }
        let work = contents.withLock { contents in
            owner.store(thread, ordering: .relaxed)
            defer { owner.store(0, ordering: .relaxed) }
            if contents.reducer.canThrow { return tryReduce(&contents, action) }
            var work = PostLockWork()
            // The reducer does not throw: `canThrow` is false.
            try? contents.reducer.body(&contents.state, action, .local)
            finish(&contents, &work)
            return work
        }
        if let faults = work.faults { report(faults) }
        work.notify()
        return action
    }

    /// Changes the state without an action.
    @inlinable
    func update(_ change: (inout State, UInt) -> Void) {
        let thread = currentThread()
        if owner.load(ordering: .relaxed) == thread { return rejectUpdate() }
        let work = contents.withLock { contents in
            owner.store(thread, ordering: .relaxed)
            defer { owner.store(0, ordering: .relaxed) }
            change(&contents.state, thread)
            var work = PostLockWork()
            finish(&contents, &work)
            return work
        }
        if let faults = work.faults { report(faults) }
        work.notify()
    }

    /// Collects what to do after releasing the lock: subscribers to call and errors to report.
    @inlinable
    func finish(_ contents: inout Contents, _ work: inout PostLockWork) {
        if hasPending.load(ordering: .relaxed) { settle(&contents, &work) }
        if !contents.feeds.isEmpty { updateFeeds(contents) }
        work.first = contents.list.first
        work.others = contents.list.others
    }

    @usableFromInline
    func replaceReducer(_ reducer: Reducer<State, Action>) {
        let thread = currentThread()
        if owner.load(ordering: .relaxed) == thread {
            return recordViolation(.replaceInReducer, "a reducer must not replace the reducer")
        }
        let (old, work) = contents.withLock { contents in
            owner.store(thread, ordering: .relaxed)
            defer { owner.store(0, ordering: .relaxed) }
            let old = contents.reducer
            contents.reducer = reducer
            var work = PostLockWork()
            work.faults = reducer.compositionErrors(contents.state, .replaced)
            attempt(&contents, &work, name: "\(ReducerSignal.replaced.name)") {
                try reducer.send(.replaced, to: &$0)
            }
            return (old, work)
        }
        withExtendedLifetime(old) {}
        if let faults = work.faults { report(faults) }
        work.notify()
    }
}

/// A sequence that receives each state.
@usableFromInline
struct FeedEntry<State: Sendable>: Sendable {
    let id: UInt64
    let feed: StateFeed<State>
}

/// The work left to do after the lock of a store is released.
@usableFromInline
struct PostLockWork: Sendable {
    @usableFromInline var first: (@Sendable () -> Void)?
    @usableFromInline var others: [Subscriber]?
    /// `nil` for none, because even an empty array would be counted as a reference.
    @usableFromInline var faults: [StoreError]?

    @usableFromInline init() {}

    /// Calls the subscribers.
    @inlinable
    func notify() {
        first?()
        if let others { for subscriber in others { subscriber.body() } }
    }
}

/// The work recorded by the thread holding the lock of a store, to be done after its release.
struct PendingWork: Sendable {
    var faults: [StoreError] = []
    var dropped: [UInt64] = []
}
