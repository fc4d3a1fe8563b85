// SPDX-License-Identifier: MIT

import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What people read: remarks, and a progress line where there is a terminal.
///
/// Nothing waits for it. Beyond ``waitingLimit`` remarks that nobody reads, new ones are dropped.
final class StandardError: Sendable {
    static let shared = StandardError()
    /// How many remarks may wait for a reader.
    static let waitingLimit = 1_000

    private let queue = DispatchQueue(label: "scuttlebutt.remarks")
    private let waiting = Mutex(0)
    private let hasProgress = Mutex(false)

    /// Whether a person is looking.
    let isTerminal = isatty(STDERR_FILENO) == 1

    /// Writes one remark.
    func note(_ text: String) {
        let erases = hasProgress.withLock { hasProgress in
            defer { hasProgress = false }
            return hasProgress
        }
        write((erases ? "\r\u{1B}[K" : "") + text + "\n")
    }

    /// Shows how far a verb is; nothing where nobody is looking.
    func progress(_ text: String) {
        guard isTerminal else { return }
        hasProgress.withLock { $0 = true }
        write("\r\u{1B}[K" + text)
    }

    /// Takes the progress line away.
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
            // Who does not read remarks shall not stop the work.
            try? Descriptor.write(Array(text.utf8), to: STDERR_FILENO)
            waiting.withLock { $0 -= 1 }
        }
    }

    /// Waits, not for ever, until the remarks are written.
    func drain() async { await queue.drain() }
}
