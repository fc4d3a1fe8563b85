// SPDX-License-Identifier: MIT
public import Synchronization

/// The plain store: one lock round state, reducer and subscribers.
///
/// The reducer works on the state where it lies, so nothing here may hold a second copy of it
/// between dispatches. Who holds the lock is written down beside it: a reducer that calls its own
/// store is recognised before it would wait for itself.
@usableFromInline
final class StoreCore<State: Sendable, Action: Sendable>: StoreProtocol {
    @usableFromInline
    struct Contents: Sendable {
        @usableFromInline var list = SubscriberList()
        /// Sequences that want each state, even those between two notifications.
        @usableFromInline var feeds: [FeedEntry<State>] = []
        var isClosed = false
        @usableFromInline var reducer: Reducer<State, Action>
        /// Last, since only its size depends on the program: the rest then lies at fixed offsets.
        @usableFromInline var state: State
    }

    /// How many faults of one reduce are kept; more are summed up in one.
    static var pendingFaultLimit: Int { 64 }

    let onFault: FaultHandler?
    /// Makes the state that a reducer gets which reads its own store in spite of the rule: the true
    /// one is being changed at that moment.
    let standIn: @Sendable () -> State

    @usableFromInline let contents: Mutex<Contents>
    /// The thread that runs a reducer or reads in place, else 0.
    ///
    /// Only that thread writes its number
    /// here and takes it away, so a relaxed look tells each thread the truth about itself.
    @usableFromInline let owner = Atomic<UInt>(0)
    /// Whether `pending` has anything; written and read by the owner.
    @usableFromInline let hasPending = Atomic<Bool>(false)
    /// Where the state lies that the owner is reading in place, else 0.
    let readAddress = Atomic<UInt>(0)
    let pending = Mutex(PendingDuties())

    init(
        initial: State, standIn: @escaping @Sendable () -> State,
        reducer: Reducer<State, Action>, onFault: FaultHandler?
    ) {
        self.onFault = onFault
        self.standIn = standIn
        var state = initial
        var faults = reducer.mistakes(state, .initialize)
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
            refuseDispatch(of: action)
            return action
        }
        let aftermath = contents.withLock { contents in
            owner.store(thread, ordering: .relaxed)
            defer { owner.store(0, ordering: .relaxed) }
            if contents.reducer.canThrow { return tryReduce(&contents, action) }
            var aftermath = StoreAftermath()
            // The reducer does not throw: `canThrow` is false.
            try? contents.reducer.body(&contents.state, action, .local)
            finish(&contents, &aftermath)
            return aftermath
        }
        if !aftermath.faults.isEmpty { report(aftermath.faults) }
        for subscriber in aftermath.subscribers { subscriber.body() }
        return action
    }

    /// Takes what is to be done after the lock: who is to be called, and what went wrong.
    @inlinable
    func finish(_ contents: inout Contents, _ aftermath: inout StoreAftermath) {
        if hasPending.load(ordering: .relaxed) { settle(&contents, &aftermath) }
        if !contents.feeds.isEmpty { feed(contents) }
        aftermath.subscribers = contents.list.subscribers
    }

    @usableFromInline
    func replaceReducer(_ reducer: Reducer<State, Action>) {
        let thread = currentThread()
        if owner.load(ordering: .relaxed) == thread {
            return violate(.replaceInReducer, "a reducer may not replace the reducer")
        }
        let (old, aftermath) = contents.withLock { contents in
            owner.store(thread, ordering: .relaxed)
            defer { owner.store(0, ordering: .relaxed) }
            let old = contents.reducer
            contents.reducer = reducer
            var aftermath = StoreAftermath()
            aftermath.faults = reducer.mistakes(contents.state, .replaced)
            attempt(&contents, &aftermath, name: "\(ReducerSignal.replaced.name)") {
                try reducer.send(.replaced, to: &$0)
            }
            return (old, aftermath)
        }
        withExtendedLifetime(old) {}
        report(aftermath.faults)
        for subscriber in aftermath.subscribers { subscriber.body() }
    }
}

/// One sequence that wants each state.
@usableFromInline
struct FeedEntry<State: Sendable>: Sendable {
    let id: UInt64
    let feed: StateFeed<State>
}

/// What is left to do once the lock of a store is released.
@usableFromInline
struct StoreAftermath: Sendable {
    @usableFromInline var subscribers: [Subscriber] = []
    @usableFromInline var faults: [StoreFault] = []

    @usableFromInline init() {}
}

/// What happened on the thread that holds the lock of a store, and waits for its release.
struct PendingDuties: Sendable {
    var faults: [StoreFault] = []
    var dropped: [UInt64] = []
}
