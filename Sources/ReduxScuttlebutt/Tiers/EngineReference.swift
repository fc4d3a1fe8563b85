// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// The engine of the store's dispatcher, which is made later.
final class EngineReference: Sendable {
    private struct WeakEngine {
        weak var engine: ReplicaEngine<UpdateLog>?
    }

    private let engine = Mutex<WeakEngine>(WeakEngine())

    func withLock(_ body: (inout ReplicaEngine<UpdateLog>?) -> Void) {
        engine.withLock { body(&$0.engine) }
    }

    func flush() async throws {
        try await engine.withLock { $0.engine }?.flushAccepted()
    }

    var count: Int {
        engine.withLock { $0.engine }?.withReplica { $0.value.count } ?? 0
    }

    var isSynced: Bool { engine.withLock { $0.engine }?.status.isSynced ?? false }

    func noteHeader(highest: Timestamp?) {
        engine.withLock { $0.engine }?.noteHeader(highest: highest)
    }

    /// The full chunks of the log; see `UpdateLog.sealed(after:)`.
    func sealed(after known: VersionVector) -> [SealedRun] {
        engine.withLock { $0.engine }?.withReplica { $0.value.sealed(after: known) } ?? []
    }

    /// What has been accepted so far.
    var vector: VersionVector? {
        engine.withLock { $0.engine }?.withReplica { $0.gossip.vector }
    }
}
