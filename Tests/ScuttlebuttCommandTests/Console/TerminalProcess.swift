// SPDX-License-Identifier: MIT

import Dispatch
import Foundation
import Synchronization
import TestSupport

/// The built binary on a terminal of its own, driven as a person would.
final class TerminalProcess: Sendable {
    private struct State {
        var output = ""
        var hasEnded = false
    }

    let process: pid_t
    private let terminal: CInt
    private let state = Mutex(State())
    private let ending = Mutex<CInt?>(nil)
    private let queue = DispatchQueue(label: "terminal")

    struct NotStarted: Error { let call: String }

    init(_ arguments: [String], columns: UInt16 = 80) throws {
        let name: String
        (terminal, name) = try TerminalProcess.openTerminal()
        _ = fcntl(terminal, F_SETFD, FD_CLOEXEC)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The leader of a new session gets the terminal that it opens first.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes,
            TerminalProcess.newSession | Int16(POSIX_SPAWN_SETSIGMASK)
                | Int16(POSIX_SPAWN_SETSIGDEF))
        let program = try BuiltProgram.path("scuttlebutt")
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var environment: [UnsafeMutablePointer<CChar>?] = ProcessInfo.processInfo.environment
            .merging(["TERM": "xterm-256color", "SWIFT_BACKTRACE": "enable=no"]) { $1 }.map {
                strdup("\($0)=\($1)")
            }
        environment.append(nil)
        defer { for word in environment { free(word) } }
        var process: pid_t = 0
        guard posix_spawn(&process, program, &actions, &attributes, words, environment) == 0 else {
            close(terminal)
            throw NotStarted(call: "posix_spawn")
        }
        self.process = process
        queue.async { self.read() }
    }

    deinit {
        if ending.withLock({ $0 == nil }) {
            kill(process, SIGKILL)
            // A failed test may hold its own thread until what it killed is gone.
            waitpid(process, nil, 0)
        }
        close(terminal)
    }

    private func read() {
        var rest: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Foundation.read(terminal, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += buffer[..<count]
            guard let text = String(validating: rest, as: UTF8.self) else { continue }
            rest = []
            state.withLock { $0.output += text }
        }
        state.withLock { $0.hasEnded = true }
    }

    #if canImport(Darwin)
        private static let newSession = Int16(POSIX_SPAWN_SETSID)

        private static func openTerminal() throws -> (CInt, String) {
            let terminal = posix_openpt(O_RDWR | O_NOCTTY)
            guard terminal >= 0, grantpt(terminal) == 0, unlockpt(terminal) == 0,
                let name = ptsname(terminal)
            else { throw NotStarted(call: "posix_openpt") }
            return (terminal, String(cString: name))
        }
    #else
        // Swift's module of the C library leaves out what its headers show to GNU programs only.
        private static let newSession: Int16 = 0x80
        private static let unlock: UInt = 0x4004_5431  // TIOCSPTLCK
        private static let number: UInt = 0x8004_5430  // TIOCGPTN

        private static func openTerminal() throws -> (CInt, String) {
            let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
            var (isLocked, name) = (CInt(0), CUnsignedInt(0))
            guard terminal >= 0, ioctl(terminal, unlock, &isLocked) == 0,
                ioctl(terminal, number, &name) == 0
            else { throw NotStarted(call: "open /dev/ptmx") }
            return (terminal, "/dev/pts/\(name)")
        }
    #endif

    /// Types keys.
    func type(_ keys: String) {
        let bytes = Array(keys.utf8)
        _ = Foundation.write(terminal, bytes, bytes.count)
    }

    /// Everything that came so far, as it came.
    var output: String { state.withLock { $0.output } }

    /// Waits until this text is among what came.
    func see(_ text: String) async throws {
        _ = try await until("'\(text)' is seen in: \(output.suffix(2_000))") {
            let (output, hasEnded) = state.withLock { ($0.output, $0.hasEnded) }
            if output.contains(text) { return true }
            if hasEnded { throw Ended(missing: text, output: output) }
            return nil
        }
    }

    /// The program ended without showing what was waited for.
    struct Ended: Error { let missing: String, output: String }

    /// What a person sees now.
    func screen(width: Int = 80) -> Screen {
        var screen = Screen(width: width)
        screen.draw(output.replacing("\r\n", with: "\n"))
        return screen
    }

    /// Changes the width of the window.
    func resize(to columns: UInt16) {
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
    }

    /// Whether keys come as they are pressed, without an echo.
    var isRaw: Bool {
        var mode = termios()
        tcgetattr(terminal, &mode)
        return mode.c_lflag & tcflag_t(ICANON | ECHO) == 0
    }

    /// Waits for the end; returns the exit code, or 128 and the number of the signal.
    func finish() async throws -> CInt {
        try await until("the program ends") {
            var status: CInt = 0
            // WNOHANG: this does not block its own thread.
            guard waitpid(process, &status, WNOHANG) == process else { return nil }
            let signal = status & 0x7F
            let code = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            ending.withLock { $0 = code }
            return code
        }
    }
}
