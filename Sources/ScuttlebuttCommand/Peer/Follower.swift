// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// Prints the updates of others as they arrive.
///
/// It asks the log for what is newer than what was printed, whenever the store tells of news: so
/// nothing can be missed and nothing queues up, however slow the reader is.
final class Follower: PeerFollower {
    /// How many updates are printed between two looks at the log.
    static let batchLimit = 1_000

    private let peer: ActionPeer
    private let signal = SessionSignal()
    private let printed: Mutex<VersionVector>
    private let subscription: any Sendable

    /// Follows from now on.
    init(_ peer: ActionPeer) {
        self.peer = peer
        printed = Mutex(peer.store.dispatcher.withReplica { $0.gossip.vector })
        let signal = signal
        subscription = peer.store.subscribe { signal.raiseWork() }
    }

    /// Prints until it is cancelled.
    func run() async throws {
        while case .work = await signal.next() { try await printNews() }
    }

    /// Prints what has arrived and was not printed yet; not at the same time as ``run()`` prints.
    func finish() async {
        signal.raiseClose(.finished)
    }

    private func printNews() async throws {
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
