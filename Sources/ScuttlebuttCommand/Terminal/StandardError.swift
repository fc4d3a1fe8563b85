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
    private let console = Mutex<Console?>(nil)

    /// Whether stderr is a terminal.
    let isTerminal = isatty(STDERR_FILENO) == 1

    /// Lets a terminal print the messages from now on, unless they go elsewhere; `nil` to print
    /// them here again.
    func attach(_ console: Console?) {
        if isTerminal { self.console.withLock { $0 = console } }
    }

    /// Prints one message.
    func note(_ text: String) {
        if let console = console.withLock({ $0 }) {
            guard takesRoom() else { return }
            return console.print(text) { self.waiting.withLock { $0 -= 1 } }
        }
        // What a peer said may be part of it.
        let text = isTerminal ? TerminalText.shown(text) : text
        let erases = hasProgress.withLock { hasProgress in
            defer { hasProgress = false }
            return hasProgress
        }
        write((erases ? "\r\u{1B}[K" : "") + text + "\n")
    }

    /// Shows the progress if stderr is a terminal.
    func progress(_ text: String) {
        guard isTerminal, console.withLock({ $0 == nil }) else { return }
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

    private func takesRoom() -> Bool {
        waiting.withLock { waiting in
            guard waiting < StandardError.waitingLimit else { return false }
            waiting += 1
            return true
        }
    }

    private func write(_ text: String) {
        guard takesRoom() else { return }
        queue.async { [self] in
            // A failure to write messages must not stop the work.
            try? Descriptor.write(Array(text.utf8), to: STDERR_FILENO)
            waiting.withLock { $0 -= 1 }
        }
    }

    /// Waits up to 500 ms for pending messages to be written.
    func drain() async { await queue.drain() }
}
