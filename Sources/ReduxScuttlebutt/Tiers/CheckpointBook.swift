// SPDX-License-Identifier: MIT

package import Scuttlebutt
import ScuttlebuttCoding
package import ScuttlebuttRuntime
import ScuttlebuttSecurity

/// Finds checkpoints that may be believed.
package struct CheckpointBook<State: Sendable>: Sendable {
    let settings: Checkpoints<State>
    let storage: any TieredLogStorage
    /// Returns whether this build knows the type of an action.
    let isKnown: @Sendable (Payload) -> Bool

    /// Creates a book of the checkpoints in a storage.
    package init(
        settings: Checkpoints<State>, storage: any TieredLogStorage,
        isKnown: @escaping @Sendable (Payload) -> Bool
    ) {
        self.settings = settings
        self.storage = storage
        self.isKnown = isKnown
    }

    /// Returns the newest checkpoint below a stamp that is good, with its state.
    ///
    /// - Parameters:
    ///   - bound: The checkpoint must not contain this stamp; `nil` for no bound.
    ///   - passOver: Receives why a newer one is not good.
    /// - Throws: `StorageError` if the storage cannot be read at all.
    func newest(
        below bound: Stamp?, passOver: (String) -> Void = { _ in }
    ) async throws -> (checkpoint: StoredCheckpoint, state: State)? {
        for checkpoint in try await storage.checkpoints().candidates(below: bound) {
            do {
                return (checkpoint, try await state(of: checkpoint))
            } catch let error as StorageError where error.code == .closed {
                throw error
            } catch {
                passOver("the checkpoint of \(checkpoint.count) actions is passed over: \(error)")
            }
        }
        return nil
    }

    /// Returns the newest checkpoint that is good, with the bytes of its state.
    func newestBytes() async throws -> (checkpoint: StoredCheckpoint, bytes: [UInt8])? {
        for checkpoint in try await storage.checkpoints().reversed() {
            if let bytes = try? await bytes(of: checkpoint) { return (checkpoint, bytes) }
        }
        return nil
    }

    /// Returns the newest checkpoint below a stamp that a longer one may continue.
    ///
    /// Its state is not read.
    func base(below bound: Stamp) async throws -> StoredCheckpoint? {
        for checkpoint in try await storage.checkpoints().candidates(below: bound)
        where checkpoint.reducerVersion == settings.reducerVersion {
            // What it lists as unknown would go into all that continue it.
            if try await knowsNone(checkpoint.unknown) { return checkpoint }
        }
        return nil
    }

    /// Returns the state of a checkpoint, if it is good.
    ///
    /// - Throws: `StorageError`, or an error whose description says why it is not.
    package func state(of checkpoint: StoredCheckpoint) async throws -> State {
        let bytes = try await bytes(of: checkpoint)
        do {
            return try settings.coding.decode(bytes)
        } catch {
            throw Unfit("its state cannot be decoded: \(error)")
        }
    }

    private func bytes(of checkpoint: StoredCheckpoint) async throws -> [UInt8] {
        guard checkpoint.reducerVersion == settings.reducerVersion else {
            throw Unfit("it was made by version \"\(checkpoint.reducerVersion)\" of the reducer")
        }
        guard try await knowsNone(checkpoint.unknown) else {
            throw Unfit("this version knows an action that was unknown then")
        }
        let bytes = try await storage.state(of: checkpoint)
        guard checkpoint.matches(bytes, hash: LogHash.sha256(bytes)) else {
            throw Unfit("its bytes do not match their hash")
        }
        return bytes
    }

    /// Returns whether this build knows none of these actions.
    private func knowsNone(_ unknown: [Stamp]) async throws -> Bool {
        for stamp in unknown {
            guard let before = Timestamp(stamp.timestamp.value.nextDown) else { continue }
            var cursor: Stamp? = Stamp(timestamp: before, source: stamp.source)
            // Others may have the same timestamp.
            while let next = try await storage.updates(
                after: cursor, limit: DeltaLimit(updates: 1)
            ).first, next.stamp <= stamp {
                cursor = next.stamp
                if next.stamp == stamp, isKnown(next.payload) { return false }
            }
        }
        return true
    }

    /// Why a checkpoint is not good.
    private struct Unfit: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
