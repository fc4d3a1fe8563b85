// SPDX-License-Identifier: MIT

/// The right to connect to peers on behalf of all processes that share a log.
///
/// At most one process holds it. When that process releases it, closes its storage or dies, one of
/// those that wait gets it. Within a process it counts its users.
public protocol ConnectionLease: Sendable {
    /// Whether this storage holds the lease.
    var isHeld: Bool { get }

    /// Takes the lease for one more user if nobody else has it.
    func acquireNow() -> Bool

    /// Waits until this storage holds the lease, for one more user.
    ///
    /// - Returns: `false` if the task is cancelled or the storage is closed; then there is nothing
    ///   to release.
    func acquire() async -> Bool

    /// Ends the use of one user; the last one lets another process have the lease.
    func release()
}
