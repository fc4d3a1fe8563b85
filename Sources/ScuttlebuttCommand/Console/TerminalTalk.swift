// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import Synchronization

/// What a person and an ``ActionPeer`` say to each other at a terminal.
final class TerminalTalk: Sendable {
    /// The maximum number of actions that are shown when many arrive at once; the newest are.
    static let burstLimit = 20
    /// The maximum number of actions that are read from the log at once.
    private static let batchLimit = 1_000

    private let peer: ActionPeer
    private let reducer: ExampleReducer
    private let first: FirstWrite?
    private let usages: [TalkRequest.Usage]
    /// What is known at the start, and is not shown.
    private let start: VersionVector
    private let roster = Mutex(Roster())
    private let name: Mutex<String?>

    /// Creates the talk of a peer with this reducer.
    ///
    /// - Parameter name: The name that the person is present with already.
    init(_ peer: ActionPeer, _ reducer: ExampleReducer, first: FirstWrite?, name: String?) {
        self.peer = peer
        self.reducer = reducer
        self.first = first
        self.name = Mutex(name)
        start = peer.store.dispatcher.withReplica { $0.gossip.vector }
        usages = TerminalTalk.usages(of: reducer)
    }

    /// The commands of a person, in the order in which `help` shows them.
    static func usages(of reducer: ExampleReducer) -> [TalkRequest.Usage] {
        let own: [TalkRequest.Usage] =
            switch reducer {
            case .counter:
                [
                    .init(command: "+", meaning: "add one"),
                    .init(command: "-", meaning: "subtract one"),
                ]
            case .life: [.init(command: "step", meaning: "go on by one generation")]
            case .log, .chat: []
            }
        return own + [
            .init(command: "say TEXT", meaning: "write a message, as in the chat"),
            .init(command: "who", meaning: "show who else is here"),
            .init(command: "name TEXT", meaning: "choose the name that others see"),
            .init(command: "state", meaning: "show what all actions add up to"),
            .init(command: "history", meaning: "show all actions in agreed order"),
            .init(command: "dispatch {json}", meaning: "write any action"),
            .init(command: "clock", meaning: "show the newest timestamp of each source"),
            .init(command: "status", meaning: "show connections and what is not sent yet"),
            .init(
                command: "presence {json}",
                meaning: "say anything of yourself; null takes it back"),
            .init(command: "help", meaning: "show this list"),
            .init(command: "quit", meaning: "leave, as Ctrl-C and Ctrl-D do"),
        ]
    }

    /// The first words of the commands, for the tab key.
    static func words(of reducer: ExampleReducer) -> [String] { usages(of: reducer).map(\.word) }

    /// `help`, one line for each command.
    static func help(_ usages: [TalkRequest.Usage]) -> String {
        let width = usages.map(\.command.count).max() ?? 0
        return usages.map { usage in
            let gap = String(repeating: " ", count: width - usage.command.count + 2)
            return usage.meaning.isEmpty
                ? "  \(usage.command)" : "  \(usage.command)\(gap)\(usage.meaning)"
        }.joined(separator: "\n")
    }

    /// Does what the person asks until they leave.
    func run(_ console: Console) async throws -> Conversation.Outcome {
        console.print(
            "you are \(ActionText.label(peer.source.text)); type help for what you can do")
        let followers = [
            Task { await followActions(console) }, Task { await followPeople(console) },
        ]
        defer { for follower in followers { follower.cancel() } }
        while case .text(let bytes)? = await console.next() {
            let line = String(decoding: bytes, as: UTF8.self)
            switch TalkRequest(line, among: usages, name: name.withLock { $0 }) {
            case .nothing: break
            case .help: console.print(TerminalTalk.help(usages))
            case .who: console.print(roster.withLock { $0.line })
            case .wrong(let text): console.print(text)
            case .quit: return .quit
            case .name(let text): choose(text, console)
            case .write(let payload):
                await first?.wait()
                if let reason = await peer.write(payload) {
                    console.print(reason)
                } else if reducer == .counter {
                    console.print("counter: \(peer.store.state.counter.value)")
                }
            case .command(let bytes):
                let reply = await peer.reply(to: bytes, first)
                console.print(String(decoding: reply.line, as: UTF8.self))
                if reply.isQuit { return .quit }
            }
        }
        return .endOfInput
    }

    private func choose(_ text: String, _ console: Console) {
        do {
            try peer.store.presence.set("name", text)
            name.withLock { $0 = text }
        } catch {
            console.print(PeerShutdown.describe(error))
        }
    }

    private func followPeople(_ console: Console) async {
        for await others in peer.store.presence.changes {
            let lines = roster.withLock { $0.update(others) }
            for line in lines { console.print(line) }
        }
    }

    // MARK: What others do

    /// Prints what others do as it arrives; of many at once, only the newest.
    private func followActions(_ console: Console) async {
        let signal = SessionSignal()
        let subscription = peer.store.subscribe { signal.raiseWork() }
        defer { _ = subscription }
        signal.raiseWork()  // for what came since the start
        var printed = start
        while case .work = await signal.next() {
            var count = 0
            var newest: [Update] = []
            while true {
                let news = peer.store.dispatcher.withReplica { replica in
                    replica.value.delta(
                        since: printed, limit: DeltaLimit(updates: TerminalTalk.batchLimit))
                }
                if news.isEmpty { break }
                for update in news { printed.advance(update.source, to: update.timestamp) }
                let others = news.filter { $0.source != peer.source }
                count += others.count
                newest = (newest + others).suffix(TerminalTalk.burstLimit)
            }
            if count > newest.count {
                console.print("… \(count - newest.count) earlier actions, see history")
            }
            for update in newest { console.print(line(update)) }
            if count > 0, reducer == .counter {
                console.print("counter: \(peer.store.state.counter.value)")
            }
        }
    }

    private func line(_ update: Update) -> String {
        let name = roster.withLock { $0.name(of: update.source) }
        return ActionText.text(of: update.payload, by: update.source, name: name)
    }
}
