// SPDX-License-Identifier: MIT

import DequeModule
import Dispatch
import ScuttlebuttRuntime
import Synchronization

/// The lines of standard input, read on a separate thread so that waiting for input blocks nothing
/// else.
///
/// The thread stops reading while ``waitingByteLimit`` bytes or ``waitingLineLimit`` lines are
/// waiting. Only one task at a time may call ``next()``.
final class CommandInput: Sendable {
    /// One line of input.
    enum Line: Equatable, Sendable {
        /// A line without its newline, and without a carriage return before it.
        case text([UInt8])
        /// A line of more than ``CommandInput/lineByteLimit`` bytes, which was skipped.
        case tooLong
    }

    /// The maximum length of a line: the longest wire line plus room for a command name.
    static let lineByteLimit = 10_485_760 + 1_024
    /// The number of waiting bytes at which the thread stops reading.
    static let waitingByteLimit = 1 << 20
    /// The number of waiting lines at which the thread stops reading.
    static let waitingLineLimit = 4_096

    private struct State {
        var lines = Deque<Line>()
        var byteCount = 0
        var hasEnded = false
        /// Where the reading stands while it waits for room.
        var pause: Progress?
        var waiter: CheckedContinuation<Line?, Never>?
    }

    private let state = Mutex(State())
    private let file: CInt
    private let queue = DispatchQueue(label: "scuttlebutt.input")

    /// Creates an input and starts reading.
    init(file: CInt = STDIN_FILENO) {
        self.file = file
        queue.async { self.read(Progress()) }
    }

    /// Returns the next line, or `nil` at the end of input or when the task is cancelled.
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
        guard let line = state.lines.popFirst() else { return nil }
        state.byteCount -= byteCount(of: line)
        return line
    }

    private static func byteCount(of line: Line) -> Int {
        if case .text(let bytes) = line { bytes.count } else { 0 }
    }

    private func wakeReader() {
        let pause = state.withLock { state -> Progress? in
            guard !CommandInput.isFull(state) else { return nil }
            defer { state.pause = nil }
            return state.pause
        }
        if let pause { queue.async { self.read(pause) } }
    }

    private static func isFull(_ state: State) -> Bool {
        state.byteCount >= waitingByteLimit || state.lines.count >= waitingLineLimit
    }

    // MARK: The reading thread

    /// How far the reading has come.
    private struct Progress: Sendable {
        /// What was read and is not yet divided into lines.
        var unread: ArraySlice<UInt8> = []
        /// The beginning of a line whose end was not read yet.
        var line: [UInt8] = []
        var isTooLong = false
        /// Whether no line has come yet, so that a byte order mark may.
        var isFirst = true

        /// Takes the rest of what was read as the beginning of a line.
        mutating func keepRest() {
            if !isTooLong { line += unread }
            unread = []
            if line.count > CommandInput.lineByteLimit {
                isTooLong = true
                line = []
            }
        }

        /// Takes the next line, if all of it was read.
        mutating func takeLine() -> Line? {
            guard let end = unread.firstIndex(of: 0x0A) else { return nil }
            if !isTooLong { line += unread[..<end] }
            unread = unread[(end + 1)...]
            return finishLine()
        }

        mutating func finishLine() -> Line {
            defer {
                line = []
                isTooLong = false
                isFirst = false
            }
            guard !isTooLong, line.count <= CommandInput.lineByteLimit else { return .tooLong }
            if line.last == 0x0D { line.removeLast() }
            if isFirst, line.starts(with: ByteOrderMark.utf8) { line.removeFirst(3) }
            return .text(line)
        }
    }

    /// Reads on until there is no room, or to the end.
    private func read(_ pause: Progress) {
        var progress = pause
        while true {
            while let line = progress.takeLine() {
                deliver(line)
                if rests(at: progress) { return }
            }
            progress.keepRest()
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            let count = Descriptor.read(file, into: &chunk)
            guard count > 0 else { break }
            progress.unread = chunk[..<count]
        }
        if progress.isTooLong || !progress.line.isEmpty { deliver(progress.finishLine()) }
        let waiter = state.withLock { state in
            state.hasEnded = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// Whether the reading must wait; whoever makes room goes on with it.
    private func rests(at progress: Progress) -> Bool {
        state.withLock { state in
            guard CommandInput.isFull(state) else { return false }
            state.pause = progress
            return true
        }
    }

    private func deliver(_ line: Line) {
        let waiter = state.withLock { state in
            if state.waiter == nil {
                state.lines.append(line)
                state.byteCount += CommandInput.byteCount(of: line)
            }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: line)
    }
}
