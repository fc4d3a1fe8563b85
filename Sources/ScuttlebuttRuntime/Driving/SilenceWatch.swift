// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// Finds links on which the other end has gone silent without closing them: a machine that has
/// lost its power, a stopped process, or a proxy that forwards nothing any more.
///
/// A link on which nothing was heard for ``after`` is probed. If a peer that has to say something,
/// because it answers probes or owes an answer to our header, stays silent for as long again, the
/// link has failed. Nothing is concluded about others, which may be originals.
public struct SilenceWatch: Sendable {
    /// How long a link may be silent before it is probed, and how long the answer may take; default
    /// 20 s.
    ///
    /// A shorter time finds a dead link sooner and costs a line each way per idle link and time.
    /// Keep it below the time after which proxies cut idle connections, often 50 or 60 s.
    public var after: Duration

    /// Creates a rule.
    public init(after: Duration = .seconds(20)) { self.after = after }

    /// How fast what was sent before a probe must leave at least, in bytes per second: its answer
    /// is awaited for so much longer.
    private static let slowestByteRate = 16_384
    /// The longest such addition, in seconds.
    private static let longestAddition = 600

    /// What was heard and sent on one link.
    final class Ear: Sendable {
        private let lines = Atomic<Int>(0)
        private let sent = Atomic<Int>(0)
        private let isBusy = Atomic<Bool>(false)
        private let receivedByteCount: @Sendable () -> Int

        /// Creates the ear of a link.
        ///
        /// - Parameter receivedByteCount: How many bytes have arrived, whole lines or not.
        init(receivedByteCount: @escaping @Sendable () -> Int = { 0 }) {
            self.receivedByteCount = receivedByteCount
        }

        /// Lines have arrived, and the replica begins to take them.
        func beginTaking() {
            lines.wrappingAdd(1, ordering: .relaxed)
            sent.store(0, ordering: .relaxed)
            isBusy.store(true, ordering: .relaxed)
        }

        /// The replica has taken the lines.
        func endTaking() { isBusy.store(false, ordering: .relaxed) }

        /// So many bytes were given to the link.
        func noteSent(_ bytes: Int) { sent.wrappingAdd(bytes, ordering: .relaxed) }

        /// How many bytes were sent since something was heard.
        var sentSinceHeard: Int { sent.load(ordering: .relaxed) }

        /// A number that changes with whatever is heard; `nil` while we do not listen, when the
        /// silence is our own.
        var count: Int? {
            if isBusy.load(ordering: .relaxed) { return nil }
            return lines.load(ordering: .relaxed) &+ receivedByteCount()
        }
    }

    /// Watches a link until its peer has died, or the task is cancelled.
    ///
    /// It looks twice in the time, so that a probe leaves at most half of it late.
    ///
    /// - Returns: The failure; `nil` if the task was cancelled.
    func run(
        _ ear: Ear, of peer: PeerID, _ host: any SessionHost,
        sleep: @Sendable (Duration) async throws -> Void
    ) async -> LinkError? {
        var last = ear.count
        var silentLooks = 0
        while (try? await sleep(after / 2)) != nil, !Task.isCancelled {
            let count = ear.count
            silentLooks = count != nil && count == last ? silentLooks + 1 : 0
            last = count
            guard let count, silentLooks >= 2 else { continue }
            let mustSpeak = host.probe(peer)
            let addition = min(ear.sentSinceHeard / Self.slowestByteRate, Self.longestAddition)
            guard (try? await sleep(after + .seconds(addition))) != nil, !Task.isCancelled else {
                return nil
            }
            if mustSpeak, ear.count == count {
                return LinkError(
                    .timedOut, "the peer has not answered for \(after * 2); the connection is dead")
            }
            last = ear.count
            silentLooks = 0
        }
        return nil
    }
}
