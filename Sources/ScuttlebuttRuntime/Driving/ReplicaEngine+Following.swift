// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

extension ReplicaEngine {
    /// How many updates of others are taken at once.
    private static var followedPage: Int { 4_096 }

    /// Takes what other processes store from now on, and what they have stored since the log was
    /// restored; does nothing if the storage is not shared.
    package func follow() {
        guard let shared, shared.isShared else { return }
        let changes = shared.changesOfOthers()
        // It ends with the storage, which it does not keep alive.
        Task { [weak self] in
            for await _ in changes { await self?.takeFromOthers() }
        }
    }

    private var shared: (any SharedLogStorage)? { storage as? any SharedLogStorage }

    /// Accepts what others have stored, until there is no more.
    ///
    /// It is durable, so it is not saved again, and may be sent at once.
    private func takeFromOthers() async {
        guard let shared else { return }
        do {
            while true {
                let portion = try await shared.nextOfOthers(limit: Self.followedPage)
                if portion.isEmpty { return }
                handle(.stored(portion.updates, late: portion.late))
                hooks.saved?(self)
                await waitForRoom(PeerID.storage)
            }
        } catch {
            let failure =
                error as? StorageError ?? StorageError(.unreadable, "reading failed: \(error)")
            // The next change tries again.
            transition { state in
                if !state.isClosed, failure.code != .closed {
                    state.effects.append(.report(.storageFailed(failure)))
                }
            }
        }
    }
}
