// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// Prints other peers' updates as they arrive.
///
/// Each time the store notifies its subscribers, it reads from the log whatever is newer than what
/// was printed. Nothing is missed and nothing queues up, however slow the reader is.
final class Follower: PeerFollower {
    /// The maximum number of updates read from the log at once.
    static let batchLimit = 1_000

    private let peer: ActionPeer
    private let signal = SessionSignal()
    private let printed: Mutex<VersionVector>
    private let subscription: any Sendable

    /// Creates a follower that prints what arrives from now on.
    init(_ peer: ActionPeer) {
        self.peer = peer
        printed = Mutex(peer.store.dispatcher.withReplica { $0.gossip.vector })
        let signal = signal
        subscription = peer.store.subscribe { signal.raiseWork() }
    }

    /// Prints until cancelled.
    func run() async throws {
        while case .work = await signal.next() { try await printNewUpdates() }
    }

    /// Asks ``run()`` to return after printing what has already arrived.
    func finish() async {
        signal.raiseClose(.finished)
    }

    private func printNewUpdates() async throws {
        while true {
            let known = printed.withLock { $0 }
            let own = peer.store.source
            let news = peer.store.dispatcher.withReplica { replica in
                replica.value.delta(since: known, limit: DeltaLimit(updates: Follower.batchLimit))
            }
            guard !news.isEmpty else { return }
            for update in news {
                printed.withLock { _ = $0.advance(update.source, to: update.timestamp) }
                guard update.source != own else { continue }
                try await StandardOutput.shared.write(line: Answer.update(update))
            }
        }
    }
}
