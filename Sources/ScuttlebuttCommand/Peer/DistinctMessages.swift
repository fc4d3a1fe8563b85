// SPDX-License-Identifier: MIT

import Synchronization

/// Prints messages to stderr, skipping immediate repetitions.
final class DistinctMessages: Sendable {
    private let last = Mutex("")

    func note(_ text: String) {
        let isNew = last.withLock { last in
            defer { last = text }
            return last != text
        }
        if isNew { StandardError.shared.note(text) }
    }
}
