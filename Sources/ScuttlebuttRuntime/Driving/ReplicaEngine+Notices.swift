// SPDX-License-Identifier: MIT

package import Scuttlebutt
import Synchronization

extension ReplicaEngine {
    /// Delivers what is queued until there is nothing; never more than one thread at a time.
    @specialized(where Value == UpdateLog)
    func deliver() {
        while let (notices, start) = nextNotices() {
            hooks.deliver(self, notices, start)
            noteDelivered(notices)
        }
    }

    /// The same in a task.
    func deliver(
        _ body: @Sendable (ReplicaEngine, [Notice], Int) async -> Void
    ) async {
        while let (notices, start) = nextNotices() {
            await body(self, notices, start)
            noteDelivered(notices)
        }
    }

    private func nextNotices() -> (notices: [Notice], start: Int)? {
        state.withLock { state in
            let start = state.noticeStart
            state.noticeStart = state.noticeEnd
            guard !state.notices.isEmpty else {
                state.isDelivering = false
                return nil
            }
            defer { state.notices = [] }
            return (state.notices, start)
        }
    }

    private func noteDelivered(_ notices: [Notice]) {
        state.withLock { state in
            state.undelivered -= notices.count
            for case .effect(.accepted(let updates)) in notices {
                state.undeliveredUpdates -= updates.count
            }
        }
        admitWaitingReaders()
    }

    /// A face has told its application that both sides of this session are level.
    package func noteSynced(_ peer: PeerID) {
        let waiters = state.withLock { state in
            if state.signals[peer] != nil { state.synced.insert(peer) }
            return state.takeLevelWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }
}
