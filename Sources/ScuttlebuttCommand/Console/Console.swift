// SPDX-License-Identifier: MIT

import DequeModule
import Dispatch
import Synchronization

/// A terminal on which a person types commands while other things are printed above the line.
///
/// Everything that ``StandardOutput`` and ``StandardError`` print goes through it while it is open.
/// It draws what ``LineEditor`` and ``PromptLine`` say, and decides nothing.
final class Console: LineSource {
    /// The maximum number of finished lines that wait; what is typed beyond is refused.
    static let waitingLineLimit = 1_000

    /// What the lock guards; the drawing is enqueued under it too, so that it is in order.
    private struct State {
        var decoder = KeyDecoder()
        var editor = LineEditor()
        var prompt: PromptLine
        var lines = Deque<String>()
        var waiter: CheckedContinuation<CommandInput.Line?, Never>?
        var hasEnded = false
        var isOpen = true
    }

    private let state: Mutex<State>
    private let output = DispatchQueue(label: "scuttlebutt.console")
    private let keys = DispatchQueue(label: "scuttlebutt.keys")
    private let signals = Mutex<[any DispatchSourceSignal]>([])

    /// Opens the terminal and draws the prompt; returns `nil` where nobody can edit lines.
    static func open(prompt: String, words: [String]) -> Console? {
        guard TerminalMode.isAvailable, TerminalMode.enter() else { return nil }
        let console = Console(prompt, words)
        StandardOutput.shared.attach(console)
        StandardError.shared.attach(console)
        console.start()
        return console
    }

    private init(_ prompt: String, _ words: [String]) {
        state = Mutex(State(prompt: PromptLine(prompt: prompt, width: TerminalMode.width)))
        state.withLock { $0.editor.words = words }
    }

    private func start() {
        draw { $0.prompt.drawing($0.editor) }
        watch(SIGWINCH) { console in
            let width = TerminalMode.width
            console.draw { $0.prompt.resizing(to: width, $0.editor) }
        }
        // Some shells do not give the terminal back its mode when a job is stopped.
        signal(SIGTSTP, SIG_IGN)
        watch(SIGTSTP) { console in
            console.draw { $0.prompt.erasing() }
            // The signal has its own thread, and the process stops only with the terminal restored.
            console.output.sync { TerminalMode.leave() }
            kill(getpid(), SIGSTOP)
        }
        watch(SIGCONT) { console in
            let width = TerminalMode.width
            console.output.async { _ = TerminalMode.enter() }
            console.draw { $0.prompt.resizing(to: width, $0.editor) }
        }
        keys.async { self.read() }
    }

    private func watch(_ number: CInt, _ body: @escaping @Sendable (Console) -> Void) {
        signals.withLock { signals in
            let source = DispatchSource.makeSignalSource(
                signal: number, queue: DispatchQueue(label: "scuttlebutt.console.signal"))
            source.setEventHandler { [weak self] in
                if let self { body(self) }
            }
            source.resume()
            signals.append(source)
        }
    }

    /// Takes the prompt away and gives the terminal back as it was.
    func close() async {
        StandardOutput.shared.attach(nil)
        StandardError.shared.attach(nil)
        signals.withLock { sources in
            for source in sources { source.cancel() }
        }
        draw { state in
            state.isOpen = false
            return state.prompt.erasing()
        }
        let done = Latch()
        output.async {
            TerminalMode.leave()
            done.open()
        }
        await done.wait()
    }

    // MARK: Printing

    /// Prints lines above the one that is being edited.
    ///
    /// - Parameter whenDone: Called on a queue once they are written.
    func print(_ text: String, whenDone: @escaping @Sendable () -> Void = {}) {
        let shown = TerminalText.shown(text)
        draw({ $0.isOpen ? $0.prompt.printing(shown, $0.editor) : shown + "\n" }, whenDone)
    }

    private func draw(
        _ body: @Sendable (inout State) -> String, _ whenDone: @escaping @Sendable () -> Void = {}
    ) {
        state.withLock { state in
            let bytes = Array(body(&state).utf8)
            output.async {
                // Who has closed the terminal sends a hang-up, which ends everything.
                if !bytes.isEmpty { try? Descriptor.write(bytes, to: STDOUT_FILENO) }
                whenDone()
            }
        }
    }

    // MARK: Typing

    /// Returns the next line, or `nil` when the person leaves or the task is cancelled.
    func next() async -> CommandInput.Line? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result = state.withLock { state -> CommandInput.Line?? in
                    if Task.isCancelled { return .some(nil) }
                    if let line = state.lines.popFirst() { return .text(Array(line.utf8)) }
                    if state.hasEnded { return .some(nil) }
                    state.waiter = continuation
                    return nil
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            takeWaiter()?.resume(returning: nil)
        }
    }

    private func takeWaiter() -> CheckedContinuation<CommandInput.Line?, Never>? {
        state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
    }

    /// Reads keys until the terminal is gone or the person leaves.
    private func read() {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Descriptor.read(STDIN_FILENO, into: &buffer)
            guard count > 0, take(buffer[..<count]) else { break }
        }
        state.withLock { $0.hasEnded = true }
        takeWaiter()?.resume(returning: nil)
    }

    /// Does what the keys ask for; returns false when the person leaves.
    private func take(_ bytes: ArraySlice<UInt8>) -> Bool {
        draw { state in
            guard state.isOpen, !state.hasEnded else { return "" }
            var drawing = ""
            for key in state.decoder.decode(bytes) {
                switch state.editor.press(key) {
                case nil: break
                case .line(let line): drawing += finish(line, &state)
                case .endOfInput:
                    state.hasEnded = true
                    return drawing + state.prompt.drawing(state.editor)
                case .refused: drawing += "\u{07}"
                case .choices(let words):
                    let list = words.joined(separator: "  ")
                    drawing += state.prompt.printing(list, state.editor)
                case .redraw: drawing += "\u{1B}[H\u{1B}[2J"
                }
            }
            return drawing + state.prompt.drawing(state.editor)
        }
        return state.withLock { !$0.hasEnded }
    }

    private func finish(_ line: String, _ state: inout State) -> String {
        guard state.lines.count < Console.waitingLineLimit else { return "\u{07}" }
        if let waiter = state.waiter {
            state.waiter = nil
            waiter.resume(returning: .text(Array(line.utf8)))
        } else {
            state.lines.append(line)
        }
        // The whole line stays above, of which only a part may have been seen.
        return state.prompt.printing(state.prompt.prompt + line, state.editor)
    }
}
