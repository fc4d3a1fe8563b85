// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// The shutdown of a peer.
struct PeerShutdown {
    /// How long to wait for own updates to be sent.
    static let drainLimit = Duration.seconds(2)
    /// How long to wait for connections and storage to close.
    static let closingLimit = Duration.seconds(5)

    let swarm: Swarm
    /// Whether there is a store that keeps what was not sent.
    let hasStorage: Bool
    /// The number of own updates not yet handed to any open link.
    let pending: @Sendable () -> Int
    /// Saves everything; throws if that fails.
    let flush: @Sendable () async throws -> Void
    /// Closes connections and storage.
    let shutDown: @Sendable () async -> Void

    /// Briefly waits for own updates to be sent, saves everything, and closes all connections.
    ///
    /// Runs to completion even if the calling task is cancelled.
    ///
    /// - Throws: ``CommandError`` if own updates could not be saved; they are lost when the
    ///   process exits.
    func run() async throws {
        let (shutDown, flush) = (shutDown, flush)
        let failure: CommandError? = await Task {
            var failure: CommandError?
            await drainOwnUpdates()
            reportUnsent()
            let isClosed = Latch()
            let closing = Task {
                await shutDown()
                isClosed.open()
            }
            let timer = Task {
                try? await Task.sleep(for: PeerShutdown.closingLimit)
                // A peer that neither answers nor hangs up can hold its connection open. Give up
                // on it: the flush below does not depend on closing.
                if !Task.isCancelled { isClosed.open() }
            }
            do {
                try await flush()
            } catch {
                failure = CommandError(
                    "some own updates could not be saved and are lost: "
                        + PeerShutdown.describe(error))
            }
            await isClosed.wait()
            timer.cancel()
            _ = closing
            return failure
        }.value
        if let failure { throw failure }
    }

    /// Waits until own updates are sent, no peer is reachable, or the limit is reached.
    private func drainOwnUpdates() async {
        let clock = ContinuousClock()
        let deadline = clock.now + PeerShutdown.drainLimit
        var hasWaited = false
        while clock.now < deadline, pending() > 0, isAnyPeerReachable {
            hasWaited = true
            try? await Task.sleep(for: .milliseconds(5))
        }
        // Updates handed to a link may still be in its buffers.
        if hasWaited, swarm.openLinkCount > 0 { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// Says what becomes of own updates that nobody has taken.
    private func reportUnsent() {
        let count = pending()
        guard count > 0 else { return }
        if isStandingBy {
            return StandardError.shared.note(
                "own updates are in the store; the process that connects for all sends them")
        }
        let what = count == 1 ? "1 own update was" : "\(count) own updates were"
        StandardError.shared.note(
            hasStorage
                ? "\(what) not sent; the store has them for the next time"
                : "\(what) not sent and not kept: lost, because there is no store; use "
                    + "--store FILE to keep what cannot be sent")
    }

    /// Whether another process connects for this one.
    private var isStandingBy: Bool {
        swarm.dialStatuses.contains { status in
            if case .standingBy = status.phase { true } else { false }
        }
    }

    /// Whether a link is open, or is being opened for the first time since it was lost.
    private var isAnyPeerReachable: Bool {
        if swarm.openLinkCount > 0 { return true }
        return swarm.dialStatuses.contains { status in
            if case .connecting = status.phase { true } else { false }
        }
    }

    /// Describes an error for people.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as StorageError: error.message
        case let error as ReplicaError: error.message
        case let error as PeerRequestError: error.message
        case EncodingError.invalidValue(_, let context): context.debugDescription
        default: "\(error)"
        }
    }
}
