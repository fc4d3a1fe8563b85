// SPDX-License-Identifier: MIT

import Dispatch
import Synchronization

/// Messages for people, and a progress line if stderr is a terminal.
///
/// Writing never blocks the caller. Once ``waitingLimit`` messages are waiting for a slow reader,
/// further ones are dropped.
final class StandardError: Sendable {
    static let shared = StandardError()
    /// The maximum number of messages waiting to be written.
    static let waitingLimit = 1_000

    private let queue = DispatchQueue(label: "scuttlebutt.messages")
    private let waiting = Mutex(0)
    private let hasProgress = Mutex(false)

    /// Whether stderr is a terminal.
    let isTerminal = isatty(STDERR_FILENO) == 1

    /// Prints one message.
    func note(_ text: String) {
        let erases = hasProgress.withLock { hasProgress in
            defer { hasProgress = false }
            return hasProgress
        }
        write((erases ? "\r\u{1B}[K" : "") + text + "\n")
    }

    /// Shows the progress if stderr is a terminal.
    func progress(_ text: String) {
        guard isTerminal else { return }
        hasProgress.withLock { $0 = true }
        write("\r\u{1B}[K" + text)
    }

    /// Erases the progress line.
    func endProgress() {
        let erases = hasProgress.withLock { hasProgress in
            defer { hasProgress = false }
            return hasProgress
        }
        if erases { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        let hasRoom = waiting.withLock { waiting in
            guard waiting < StandardError.waitingLimit else { return false }
            waiting += 1
            return true
        }
        guard hasRoom else { return }
        queue.async { [self] in
            // A failure to write messages must not stop the work.
            try? Descriptor.write(Array(text.utf8), to: STDERR_FILENO)
            waiting.withLock { $0 -= 1 }
        }
    }

    /// Waits up to 500 ms for pending messages to be written.
    func drain() async { await queue.drain() }
}
