// SPDX-License-Identifier: MIT
internal import Synchronization

extension StoreCore {
    /// Runs a reducer that may throw, keeping a copy of the state to restore.
    @usableFromInline
    func tryReduce(_ contents: inout Contents, _ action: Action) -> PostLockWork {
        var work = PostLockWork()
        let reducer = contents.reducer
        attempt(&contents, &work, name: "\(action)") {
            try reducer.body(&$0, action, .local)
        }
        return work
    }

    /// Changes the state; if that fails, restores it and notifies nobody.
    func attempt(
        _ contents: inout Contents, _ work: inout PostLockWork,
        name: @autoclosure () -> String, _ change: (inout State) throws -> Void
    ) {
        let before = contents.reducer.canThrow ? contents.state : nil
        do {
            try change(&contents.state)
            // An action during which the rules were violated has no effect, if it can be undone.
            if let before, hasViolations {
                contents.state = before
                return settle(&contents, &work)
            }
            finish(&contents, &work)
        } catch {
            if let before { contents.state = before }
            settle(&contents, &work)
            work.faults = (work.faults ?? []) + [Self.failure(of: name(), error)]
        }
    }

    static func failure(of action: String, _ error: any Error) -> StoreError {
        StoreError(
            .reducerFailed, "the reducer failed on \(action); the state is unchanged",
            cause: error)
    }

    private var hasViolations: Bool {
        hasPending.load(ordering: .relaxed) && pending.withLock { !$0.faults.isEmpty }
    }

    @usableFromInline
    func report(_ faults: [StoreError]) {
        for fault in faults { fault.report(to: onFault) }
    }

    @usableFromInline
    func rejectDispatch(of action: Action) {
        recordViolation(
            .dispatchInReducer,
            "a reducer must not dispatch, but dispatched \(action); change the state instead, or "
                + "dispatch from a middleware or a subscriber")
    }

    @usableFromInline
    func rejectUpdate() {
        recordViolation(.dispatchInReducer, "a reducer must not change its store")
    }

    /// Records that the thread holding the lock violated a rule.
    ///
    /// The handler is the program's code and runs after the lock is released. Without a handler, a
    /// debug build traps here, where the stack shows the cause.
    func recordViolation(_ code: StoreError.Code, _ message: String) {
        let isReading = readAddress.load(ordering: .relaxed) != 0
        let fault =
            isReading
            ? StoreError(.changeWhileReading, "the body of withState must only read: \(message)")
            : StoreError(code, message)
        if onFault == nil { assertionFailure(fault.description) }
        pending.withLock { pending in
            switch pending.faults.count {
            case ..<Self.pendingFaultLimit: pending.faults.append(fault)
            case Self.pendingFaultLimit:
                pending.faults.append(
                    StoreError(.tooManyFaults, "further errors in the same action were dropped"))
            default: break
            }
        }
        hasPending.store(true, ordering: .relaxed)
    }

    /// Moves what was recorded while the lock was held to the work.
    @usableFromInline
    func settle(_ contents: inout Contents, _ work: inout PostLockWork) {
        guard hasPending.exchange(false, ordering: .relaxed) else { return }
        let recorded = pending.withLock { pending in
            defer { pending = PendingWork() }
            return pending
        }
        for id in recorded.dropped {
            _ = contents.list.remove(id)
            contents.feeds.removeAll { $0.id == id }
        }
        if !recorded.faults.isEmpty { work.faults = (work.faults ?? []) + recorded.faults }
    }

    @usableFromInline
    func updateFeeds(_ contents: borrowing Contents) {
        for entry in contents.feeds { entry.feed.keep(contents.state) }
    }
}
