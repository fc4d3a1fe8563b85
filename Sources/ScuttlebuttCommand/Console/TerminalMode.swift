// SPDX-License-Identifier: MIT

import Synchronization

/// The mode of the terminal while lines are edited, and the one that it had before.
///
/// Signals stay with the terminal: Ctrl-C interrupts, Ctrl-Z stops.
enum TerminalMode {
    /// Makes the terminal mark what is pasted.
    private static let marksPastes = "\u{1B}[?2004h"
    private static let marksNoPastes: StaticString = "\r\u{1B}[J\u{1B}[?2004l"

    /// The signals of a crash, and of a process that somebody wants to look at.
    private static let fatal = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]

    /// Where the mode before is kept, for handlers that may not lock or allocate.
    ///
    /// Proof that this is safe: it is written once, under the lock and before the handlers are set.
    nonisolated(unsafe) private static let before = UnsafeMutablePointer<termios>.allocate(
        capacity: 1)
    /// What the signals did before.
    ///
    /// Proof as above: each is written when its handler is set, and read only by that handler.
    nonisolated(unsafe) private static let handlers = UnsafeMutablePointer<sigaction>.allocate(
        capacity: 65)
    private static let isSet = Atomic(false)
    private static let isKnown = Mutex(false)

    /// Whether a person can edit lines: input and output are a terminal that this process may use.
    static var isAvailable: Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        if let name = getenv("TERM"), String(cString: name) == "dumb" { return false }
        // A background process would be stopped when it changes the mode.
        return tcgetpgrp(STDIN_FILENO) == getpgrp()
    }

    /// Takes the keys as they are pressed, without an echo.
    ///
    /// - Returns: Whether the terminal allows it.
    static func enter() -> Bool {
        let remembers = isKnown.withLock { isKnown -> Bool in
            if isKnown { return true }
            before.initialize(to: termios())
            guard tcgetattr(STDIN_FILENO, before) == 0 else { return false }
            isKnown = true
            atexit { TerminalMode.leave() }
            for number in fatal { restore(on: number) }
            return true
        }
        guard remembers else { return false }
        var mode = before.pointee
        mode.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        mode.c_iflag &= ~tcflag_t(IXON | ISTRIP | INLCR)
        withUnsafeMutableBytes(of: &mode.c_cc) { bytes in
            bytes[Int(VMIN)] = 1
            bytes[Int(VTIME)] = 0
        }
        isSet.store(true, ordering: .sequentiallyConsistent)
        guard tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) == 0 else { return false }
        try? Descriptor.write(Array(marksPastes.utf8), to: STDOUT_FILENO)
        return true
    }

    /// Gives the terminal back as it was; safe in a signal handler, and more than once.
    static func leave() {
        guard isSet.exchange(false, ordering: .sequentiallyConsistent) else { return }
        _ = write(STDOUT_FILENO, marksNoPastes.utf8Start, marksNoPastes.utf8CodeUnitCount)
        tcsetattr(STDIN_FILENO, TCSANOW, before)
    }

    /// How many columns the terminal has.
    static var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return PromptLine.usualWidth
        }
        return Int(size.ws_col)
    }

    /// Lets a fatal signal leave the terminal as it was, before what it did otherwise.
    private static func restore(on number: CInt) {
        var action = sigaction()
        let handler: @convention(c) (CInt) -> Void = { number in
            TerminalMode.leave()
            sigaction(number, TerminalMode.handlers + Int(number), nil)
            // A fault happens again when this returns; any other signal has to be sent again.
            raise(number)
        }
        #if canImport(Darwin)
            action.__sigaction_u.__sa_handler = handler
        #else
            action.__sigaction_handler.sa_handler = handler
        #endif
        sigaction(number, &action, handlers + Int(number))
    }
}
