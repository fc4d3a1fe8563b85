// SPDX-License-Identifier: MIT
internal import Synchronization

extension StoreCore {
    @usableFromInline var state: State {
        if owner.load(ordering: .relaxed) == currentThread() { return withState { $0 } }
        return contents.withLock { $0.state }
    }

    @usableFromInline
    func withState<Result>(_ body: (State) throws -> Result) rethrows -> Result {
        let thread = currentThread()
        if owner.load(ordering: .relaxed) == thread {
            let address = readAddress.load(ordering: .relaxed)
            if let state = UnsafePointer<State>(bitPattern: address) {
                // A nested read: the outer body holds the lock and changes nothing.
                return try body(state.pointee)
            }
            recordViolation(
                .readInReducer,
                "a reducer must not read the state of its store; use the state passed to it")
            return try body(substituteState())
        }
        var work = PostLockWork()
        defer { if let faults = work.faults { report(faults) } }
        // The result is not `sending`, so it cannot be returned through `withLock`.
        var result: Result?
        try contents.withLock { contents in
            owner.store(thread, ordering: .relaxed)
            defer {
                readAddress.store(0, ordering: .relaxed)
                settle(&contents, &work)
                owner.store(0, ordering: .relaxed)
            }
            try withUnsafePointer(to: &contents.state) { state in
                readAddress.store(UInt(bitPattern: state), ordering: .relaxed)
                result = try body(state.pointee)
            }
        }
        guard let result else { preconditionFailure("the body neither returned nor threw") }
        return result
    }

    @usableFromInline
    func subscribe(_ body: @escaping @Sendable () -> Void) -> Subscription {
        if owner.load(ordering: .relaxed) == currentThread() {
            recordViolation(
                .subscribeInReducer,
                "a reducer must not subscribe; subscribe outside of the reducer")
            return Subscription(removal: nil)
        }
        let id = contents.withLock { $0.isClosed ? nil : $0.list.add(body) }
        return token(for: id)
    }

    @usableFromInline
    func states(_ policy: StatePolicy, limit: Int) -> StateUpdates<State> {
        StateUpdates(policy: policy, limit: limit) { [weak self] end in
            guard let self else { return nil }
            let subscription =
                policy == .every ? subscribe(end) : subscribe { end.feed.wake() }
            return (subscription, { [weak self] in self?.state })
        }
    }

    /// Subscribes a sequence that receives each state, starting with the current one.
    private func subscribe(_ end: FeedEnd<State>) -> Subscription {
        if owner.load(ordering: .relaxed) == currentThread() {
            return subscribe { end.feed.wake() }
        }
        let id = contents.withLock { contents -> UInt64? in
            end.feed.keep(contents.state)
            guard !contents.isClosed else { return nil }
            let id = contents.list.add { end.feed.wake() }
            contents.feeds.append(FeedEntry(id: id, feed: end.feed))
            return id
        }
        return token(for: id)
    }

    private func token(for id: UInt64?) -> Subscription {
        guard let id else { return Subscription(removal: nil) }
        return Subscription { [weak self] reason in self?.remove(id, reason) ?? true }
    }

    /// Ends a registration; returns false if that is not allowed now.
    private func remove(_ id: UInt64, _ reason: Subscription.Reason) -> Bool {
        if owner.load(ordering: .relaxed) == currentThread() {
            switch reason {
            case .cancelled:
                recordViolation(
                    .cancelInReducer,
                    "a reducer must not cancel a subscription; cancel it outside of the reducer")
                return false
            case .dropped:
                // A token can be released anywhere; its registration ends when the lock is
                // released.
                pending.withLock { $0.dropped.append(id) }
                hasPending.store(true, ordering: .relaxed)
                return true
            }
        }
        let removed = contents.withLock { contents in
            contents.feeds.removeAll { $0.id == id }
            return contents.list.remove(id)
        }
        withExtendedLifetime(removed) {}
        return true
    }

    @usableFromInline
    func close() {
        if owner.load(ordering: .relaxed) == currentThread() {
            return recordViolation(.cancelInReducer, "a reducer must not close its store")
        }
        let removed = contents.withLock { contents in
            contents.isClosed = true
            contents.feeds = []
            return contents.list.removeAll()
        }
        withExtendedLifetime(removed) {}
    }
}
