// SPDX-License-Identifier: MIT

package import Scuttlebutt
import Synchronization

extension ReplicaEngine {
    /// Stamps an own payload; for a replica without a signer.
    ///
    /// - Returns: The update, and the token of its save for ``flush(token:)``.
    /// - Throws: ``Scuttlebutt/ReplicaError`` when the write is refused or the engine was closed;
    ///   nothing has changed then.
    package func write(
        _ payload: CheckedPayload
    ) throws(ReplicaError) -> (update: Update, saveToken: Int) {
        let now = readsWallClock ? hooks.wallClock() : 0
        return try transition { (state) throws(ReplicaError) in
            let update = try self.write(payload, wallClock: now, &state)
            return (update, state.replica.lastSave)
        }
    }

    /// Writes under the lock, in a transition that may do more.
    package func write(
        _ payload: CheckedPayload, wallClock milliseconds: Double, _ state: inout State
    ) throws(ReplicaError) -> Update {
        guard !state.isClosed else { throw ReplicaError(.closed, "the replica was shut down") }
        let limit = state.replica.configuration.sizeLimit
        guard state.unsavedByteCount + payload.bytes.count <= limit else {
            throw ReplicaError(
                .sizeLimit, "\(state.unsavedByteCount) bytes already wait to be saved")
        }
        return try state.replica.write(payload, wallClock: milliseconds, into: &state.effects)
    }

    /// Begins to sign an own payload; a notice says how it ended.
    ///
    /// - Parameter register: Hears which number the payload has, before it can be signed.
    /// - Throws: ``Scuttlebutt/ReplicaError`` when the engine was closed.
    package func submit(
        _ payload: CheckedPayload, _ register: (SigningID) -> Void
    ) throws(ReplicaError) {
        try transition { (state) throws(ReplicaError) in
            guard !state.isClosed else {
                throw ReplicaError(.closed, "the replica was shut down")
            }
            state.replica.handle(.submitted(payload), into: &state.effects)
            register(state.replica.newestSigning)
        }
    }
}
