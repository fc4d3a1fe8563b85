// SPDX-License-Identifier: MIT

package import Logging
package import Scuttlebutt

/// What a face of a ``ReplicaEngine`` brings along.
package struct ReplicaHooks<Value: Replicated>: Sendable {
    /// Performs notices in their order; the last argument is the place of the first among all.
    ///
    /// Called outside of the lock, by one thread at a time.
    package var deliver:
        @Sendable (ReplicaEngine<Value>, [ReplicaEngine<Value>.Notice], Int) -> Void
    /// The same for a face that performs notices in a task, and not on the thread that caused them.
    package var deliverInTask:
        (@Sendable (ReplicaEngine<Value>, [ReplicaEngine<Value>.Notice], Int) async -> Void)?
    /// How many notices may wait; beyond it they give way to one ``ReplicaEngine/Notice/missed``.
    ///
    /// `nil` where none may be lost.
    package var noticeBound: Int?
    /// Signs an own payload; throws to refuse it.
    package var sign: (@Sendable (Payload) async throws -> CheckedPayload)?
    /// Judges an update of somebody else.
    package var verify: (@Sendable (Update) async -> Verdict)?
    /// Hashes an update that is to be verified.
    package var fingerprint: (@Sendable (Update) -> Fingerprint?)?
    /// Prepares a connection before its session begins; see ``SessionHost``.
    package var prepare:
        (
            @Sendable (any Link, SessionOptions, _ isDialled: Bool) async -> (
                link: any Link, options: SessionOptions
            )
        )?
    /// Called after each save, outside of the lock.
    package var saved: (@Sendable (ReplicaEngine<Value>) -> Void)?
    /// Returns the wall clock in milliseconds since 1970.
    package var wallClock: @Sendable () -> Double
    /// Waits; tests pass a virtual one.
    package var sleep: @Sendable (Duration) async throws -> Void
    /// Gets `debug` lines; never payloads.
    package var logger: Logger

    /// Creates hooks that neither sign nor verify.
    package init(
        logger: Logger,
        wallClock: @escaping @Sendable () -> Double = { SystemWallClock.milliseconds() },
        sleep: @escaping @Sendable (Duration) async throws -> Void,
        deliver:
            @escaping @Sendable (ReplicaEngine<Value>, [ReplicaEngine<Value>.Notice], Int) -> Void =
            { _, _, _ in }
    ) {
        self.logger = logger
        self.wallClock = wallClock
        self.sleep = sleep
        self.deliver = deliver
    }
}
