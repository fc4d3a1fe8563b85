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

/// The lines of standard input, read on a thread of their own so that waiting for a person holds
/// nothing back.
///
/// The thread stops reading while ``waitingByteLimit`` bytes or ``waitingLineLimit`` lines wait.
/// One task at a time asks for lines.
final class CommandInput: Sendable {
    /// One line of the input.
    enum Line: Equatable, Sendable {
        /// A line without its newline, and without a carriage return before it.
        case text([UInt8])
        /// A line of more than ``CommandInput/lineByteLimit`` bytes; it was skipped.
        case tooLong
    }

    /// The longest line: that of the wire and the name of a command.
    static let lineByteLimit = 10_485_760 + 1_024
    /// How many bytes may wait to be asked for.
    static let waitingByteLimit = 1 << 20
    /// How many lines may wait to be asked for.
    static let waitingLineLimit = 4_096

    private struct State {
        var lines: [Line] = []
        /// How many of the lines were handed out; they are removed in bulk.
        var taken = 0
        var byteCount = 0
        var hasEnded = false
        var readerWaits = false
        var waiter: CheckedContinuation<Line?, Never>?
    }

    private let state = Mutex(State())
    private let room = DispatchSemaphore(value: 0)

    /// Begins to read.
    init(file: CInt = STDIN_FILENO) {
        DispatchQueue(label: "scuttlebutt.input").async { self.readAll(file) }
    }

    /// The next line, or `nil` at the end or when the task is cancelled.
    func next() async -> Line? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> Line?? in
                    if Task.isCancelled { return .some(nil) }
                    if let line = CommandInput.take(&state) { return .some(line) }
                    if state.hasEnded { return .some(nil) }
                    state.waiter = continuation
                    return nil
                }
                if let result { continuation.resume(returning: result) }
                wakeReader()
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(returning: nil)
        }
    }

    private static func take(_ state: inout State) -> Line? {
        guard state.taken < state.lines.count else { return nil }
        let line = state.lines[state.taken]
        state.taken += 1
        state.byteCount -= byteCount(of: line)
        if state.taken == state.lines.count {
            state.lines.removeAll(keepingCapacity: true)
            state.taken = 0
        }
        return line
    }

    private static func byteCount(of line: Line) -> Int {
        if case .text(let bytes) = line { bytes.count } else { 0 }
    }

    private func wakeReader() {
        let wakes = state.withLock { state in
            guard state.readerWaits, !CommandInput.isFull(state) else { return false }
            state.readerWaits = false
            return true
        }
        if wakes { room.signal() }
    }

    private static func isFull(_ state: State) -> Bool {
        state.byteCount >= waitingByteLimit || state.lines.count - state.taken >= waitingLineLimit
    }

    // MARK: The reading thread

    private func readAll(_ file: CInt) {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var line: [UInt8] = []
        var isTooLong = false
        while true {
            let count = Descriptor.read(file, into: &chunk)
            guard count > 0 else { break }
            var start = 0
            while let end = chunk[start..<count].firstIndex(of: 0x0A) {
                if !isTooLong { line += chunk[start..<end] }
                finish(&line, &isTooLong)
                start = end + 1
            }
            if !isTooLong { line += chunk[start..<count] }
            if line.count > CommandInput.lineByteLimit {
                isTooLong = true
                line = []
            }
        }
        if isTooLong || !line.isEmpty { finish(&line, &isTooLong) }
        let waiter = state.withLock { state in
            state.hasEnded = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    private func finish(_ line: inout [UInt8], _ isTooLong: inout Bool) {
        isTooLong = isTooLong || line.count > CommandInput.lineByteLimit
        if line.last == 0x0D { line.removeLast() }
        deliver(isTooLong ? .tooLong : .text(line))
        line = []
        isTooLong = false
    }

    private func deliver(_ line: Line) {
        let (waiter, isFull) = state.withLock { state in
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter as CheckedContinuation<Line?, Never>?, false)
            }
            state.lines.append(line)
            state.byteCount += CommandInput.byteCount(of: line)
            state.readerWaits = CommandInput.isFull(state)
            return (nil, state.readerWaits)
        }
        waiter?.resume(returning: line)
        if isFull { room.wait() }
    }
}
