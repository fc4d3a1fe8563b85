// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// Remembers a failure to save the log, which ends the server because anything accepted afterwards
/// would be lost.
final class FirstStorageError: Sendable {
    private struct State {
        var error: StorageError?
        var handler: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var error: StorageError? { state.withLock { $0.error } }

    func raise(_ error: StorageError) {
        let handler = state.withLock { state in
            state.error = state.error ?? error
            return state.handler
        }
        handler?()
    }

    func onRaise(_ handler: @escaping @Sendable () -> Void) {
        let isRaised = state.withLock { state in
            state.handler = handler
            return state.error != nil
        }
        if isRaised { handler() }
    }
}
