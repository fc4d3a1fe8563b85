// SPDX-License-Identifier: MIT

package import Scuttlebutt
import Synchronization

extension ReplicaEngine {
    /// Writes under the lock, in a transition that may do more.
    package func write(
        _ payload: CheckedPayload, wallClock milliseconds: Double, _ state: inout State
    ) throws(ReplicaError) -> Update {
        try state.admit(byteCount: payload.bytes.count)
        return try state.replica.write(payload, wallClock: milliseconds, into: &state.effects)
    }

    /// Begins to sign an own payload; a notice says how it ended.
    ///
    /// - Parameter register: Hears which number the payload has, before it can be signed.
    /// - Throws: ``/Scuttlebutt/ReplicaError`` when the engine was closed.
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

extension ReplicaEngine.State {
    /// Refuses an own write that comes too late or for which there is no room.
    @inline(__always)
    fileprivate func admit(byteCount: Int) throws(ReplicaError) {
        guard !isClosed else { throw ReplicaError(.closed, "the replica was shut down") }
        guard unsavedByteCount + byteCount <= replica.configuration.sizeLimit else {
            throw ReplicaError(.sizeLimit, "\(unsavedByteCount) bytes already wait to be saved")
        }
    }
}

extension ReplicaEngine where Value == UpdateLog {
    /// Stamps an own payload; for a replica without a signer.
    ///
    /// - Returns: The timestamp of the update, and the token of its save for ``flush(token:)``.
    /// - Throws: ``/Scuttlebutt/ReplicaError`` when the write is refused or the engine was closed;
    ///   nothing has changed then.
    package func write(
        _ payload: consuming CheckedPayload
    ) throws(ReplicaError) -> (timestamp: Timestamp, saveToken: Int) {
        let now = readsWallClock ? hooks.wallClock() : 0
        var payload = Optional(payload)
        var work = PostLockWork()
        // A refused write has no effects, so this transition need not look for any when it throws.
        let result = try state.withLock { (state) throws(ReplicaError) in
            // Taken once: the body runs once.
            guard let payload = payload.take() else {
                throw ReplicaError(.refused, "the payload was written already")
            }
            try state.admit(byteCount: payload.bytes.count)
            let timestamp = try state.replica.stamp(payload, wallClock: now, into: &state.effects)
            enqueue(&state, &work)
            return (timestamp: timestamp, saveToken: state.replica.lastSave)
        }
        if work.isNeeded { perform(work) }
        return result
    }
}
