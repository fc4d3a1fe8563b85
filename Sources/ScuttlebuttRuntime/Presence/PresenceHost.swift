// SPDX-License-Identifier: MIT

package import Scuttlebutt
import Synchronization

/// A replica, as ``Presence`` sees it.
package protocol PresenceHost: AnyObject, Sendable {
    /// Our own presence, and those of others ordered by source.
    var presence: (own: PresentPeer?, others: [PresentPeer]) { get }
    /// Tells when the presence of others has changed.
    var presenceFeed: PresenceFeed { get }

    /// Sets our own presence.
    ///
    /// - Parameters:
    ///   - lifetime: In seconds; `nil` for that of the current one.
    ///   - make: Returns the value for the current one. It runs under the lock.
    func setPresence(lifetime: Int?, _ make: (Payload?) throws -> Payload?) throws
}

/// Wakes those who look at who is here.
package final class PresenceFeed: Sendable {
    private struct State: Sendable {
        var readers: [Int: AsyncStream<Void>.Continuation] = [:]
        var lastReader = 0
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Returns one signal now, and one whenever something has changed; those that nobody has taken
    /// are one.
    func signals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
        let number: Int? = state.withLock { state in
            guard !state.isClosed else { return nil }
            state.lastReader += 1
            state.readers[state.lastReader] = continuation
            return state.lastReader
        }
        continuation.yield()
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.readers.removeValue(forKey: number) }
        }
        return stream
    }

    /// Something has changed.
    func raise() {
        let readers = state.withLock { Array($0.readers.values) }
        for reader in readers { reader.yield() }
    }

    /// Nothing changes any more.
    func close() {
        let readers = state.withLock { state in
            defer { state.readers = [:] }
            state.isClosed = true
            return Array(state.readers.values)
        }
        for reader in readers { reader.finish() }
    }
}
