// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRelay
import ScuttlebuttSQLite

/// What a store that can be read in part has beside its log.
struct LogIndex: Sendable {
    /// The log in agreed order.
    let log: IndexedLog
    private let snapshot: StoreSnapshot

    init(_ snapshot: StoreSnapshot) {
        log = IndexedLog(pages: snapshot)
        self.snapshot = snapshot
    }

    /// Returns the newest good state of a reducer at or before a stamp; `nil` if there is none.
    ///
    /// A checkpoint of another reducer or another version of it is not mentioned: a store may have
    /// been used with several.
    ///
    /// - Parameters:
    ///   - end: The bound; `nil` for none.
    ///   - passOver: Receives why a newer checkpoint of this reducer is not good.
    func newestState(
        of settings: Checkpoints<ExampleState>, through end: Stamp?,
        passOver: (String) -> Void
    ) async throws -> (checkpoint: StoredCheckpoint, state: ExampleState)? {
        let book = CheckpointBook(settings: settings, storage: snapshot.storage) { _ in true }
        for checkpoint in snapshot.checkpoints.reversed()
        where checkpoint.reducerVersion == settings.reducerVersion {
            if let end, checkpoint.stamp > end { continue }
            let reason: String
            do {
                let count = try await log.count(through: checkpoint.stamp)
                if count == checkpoint.count {
                    return (checkpoint, try await book.state(of: checkpoint))
                }
                reason = "the log has \(count) up to there"
            } catch let error as IndexedLog.Unusable {
                throw error
            } catch {
                // A writer may have removed it, because an older action came.
                let present = try? await snapshot.storage.checkpoints()
                if let present, !present.contains(checkpoint) { continue }
                reason = "\(error)"
            }
            passOver("the checkpoint of \(checkpoint.count) actions is passed over: \(reason)")
        }
        return nil
    }
}
