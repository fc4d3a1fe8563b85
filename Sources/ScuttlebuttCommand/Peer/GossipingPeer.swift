// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// What a verb that talks on standard input and output replicates.
protocol GossipingPeer: Sendable {
    /// The identity that it writes as.
    var source: Source { get }
    /// Its connections.
    var swarm: Swarm { get }

    /// Answers one line of the input with exactly one JSON object.
    func reply(to line: [UInt8]) async -> PeerReply
    /// Prints the updates of others from now on.
    func follower() -> any PeerFollower
    /// Gives own updates a moment to leave, saves everything, and ends all connections.
    func close() async throws
}

/// The answer to one line.
struct PeerReply: Sendable {
    let line: [UInt8]
    var isQuit = false
}

/// Prints updates as they arrive.
protocol PeerFollower: Sendable {
    /// Prints until it is cancelled, or told to finish.
    func run() async throws
    /// Prints what has arrived and was not printed yet.
    func finish() async
}

/// How a peer ends.
struct PeerEnding {
    /// How long own updates may take to leave.
    static let farewellLimit = Duration.seconds(2)
    /// How long connections and storage may take to close.
    static let closingLimit = Duration.seconds(5)

    let swarm: Swarm
    /// How many own updates no open link was given yet.
    let pending: @Sendable () -> Int
    /// Saves what is to be saved; throws when that fails.
    let flush: @Sendable () async throws -> Void
    /// Ends connections and storage.
    let shutDown: @Sendable () async -> Void

    /// Gives own updates a moment to leave, saves everything, and ends all connections.
    ///
    /// Runs to its end also when the task that calls it was cancelled.
    ///
    /// - Throws: ``CommandFailure`` when own updates could not be saved; they end with the process.
    func run() async throws {
        let (shutDown, flush) = (shutDown, flush)
        let failure: CommandFailure? = await Task {
            var failure: CommandFailure?
            await bidFarewell()
            let isClosed = Latch()
            let closing = Task {
                await shutDown()
                isClosed.open()
            }
            let timer = Task {
                try? await Task.sleep(for: PeerEnding.closingLimit)
                // Somebody who neither answers nor hangs up holds a connection; what matters is
                // saved before.
                if !Task.isCancelled { isClosed.open() }
            }
            do {
                try await flush()
            } catch {
                failure = CommandFailure(
                    "not all own updates could be saved, and they are lost: "
                        + PeerEnding.reason(error))
            }
            await isClosed.wait()
            timer.cancel()
            _ = closing
            return failure
        }.value
        if let failure { throw failure }
    }

    /// Waits while own updates are on their way to somebody who is there.
    private func bidFarewell() async {
        let clock = ContinuousClock()
        let deadline = clock.now + PeerEnding.farewellLimit
        var hasWaited = false
        while clock.now < deadline, pending() > 0, isSomebodyThere {
            hasWaited = true
            try? await Task.sleep(for: .milliseconds(5))
        }
        // What was handed to a connection is still on its way through it.
        if hasWaited, swarm.openLinkCount > 0 { try? await Task.sleep(for: .milliseconds(20)) }
    }

    /// Whether a link is open, or being opened for the first time since it was lost.
    private var isSomebodyThere: Bool {
        if swarm.openLinkCount > 0 { return true }
        return swarm.dialStatuses.contains { status in
            if case .connecting = status.phase { true } else { false }
        }
    }

    /// An error in words.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as StorageError: error.message
        case let error as ReplicaError: error.message
        case let error as PeerRequest.Refusal: error.message
        case EncodingError.invalidValue(_, let context): context.debugDescription
        default: "\(error)"
        }
    }
}

/// Remarks for people about what goes wrong, one for each run of equal ones.
final class Remarks: Sendable {
    private let last = Mutex("")

    func tell(_ text: String) {
        let isNew = last.withLock { last in
            defer { last = text }
            return last != text
        }
        if isNew { StandardError.shared.note(text) }
    }
}
