// SPDX-License-Identifier: MIT

public import ArgumentParser
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttNIO
public import ScuttlebuttRelay
import ScuttlebuttRuntime

extension ExampleReducer: ExpressibleByArgument {}

/// `scuttlebutt join URL`: a headless peer with a store.
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join a server as a peer that takes commands on stdin.",
        discussion: """
            URL is http(s)://… (Primus), ws(s)://… (its path, /ws if none) or tcp://host:port. The \
            peer starts at once and keeps dialling when the server is away; what is dispatched \
            meanwhile waits in the log.

            One command per line on stdin, one JSON object per line as answer on stdout:
              dispatch {json}  write an action: its timestamp and source
              state            what the reducer makes of all actions
              history          all actions in agreed order, with timestamp and source
              clock            the newest timestamp of each source
              status           connected, synced, pending (own actions not sent yet), actions
              quit             end
            What is refused is answered {"error":"…"} and changes nothing.

              printf 'dispatch {"type":"INCREMENT"}\\nstate\\nquit\\n' \\
                | scuttlebutt join http://127.0.0.1:3000 --reducer counter
            """)

    @Argument(
        help:
            "The server, e.g. http://127.0.0.1:3000, ws://127.0.0.1:3000/ws, tcp://127.0.0.1:4000.")
    var url: String

    @Option(help: "What folds the actions into a state.")
    var reducer = ExampleReducer.log

    @Option(help: "The identity to write as (default: the store's, else a fresh one).")
    var id: String?

    @Option(
        help: "Keep the log in this SQLite file; an answered dispatch is then durable.",
        completion: .file())
    var store: String?

    @Flag(help: "JSON only on stdout; it is that anyway.")
    var json = false

    @Flag(help: "Go on after the end of the input, until a signal or 'quit'.")
    var stay = false

    @Flag(help: "Give up with exit code 3 when the server is away, instead of dialling again.")
    var once = false

    func run() async throws {
        let address = try PeerAddress(url)
        let transport = try Transports.transport(for: url)
        let source = try StoreIdentity.read(id)
        let (reducer, store, stay, once) = (reducer, store, stay, once)
        var options = SessionOptions()
        options.headerForm = address.scheme == .tcp ? .upstream : .fork
        try await Interruption.watch { [options] in
            let peer = try await ActionPeer(reducer, id: source, path: store)
            let links = LinkWatch(peer.store.swarm, remarksFailures: !once)
            peer.store.swarm.connect(transport, options: options, isPersistent: !once)
            let conversation = Conversation {
                await peer.reply(to: $0, .join, stateName: "state", keepsTails: false)
            }
            let talk = Task {
                if once { await links.settled.wait() }
                if once, !links.hasOpened { return }
                let outcome = try await conversation.run(CommandInput())
                if stay, case .endOfInput = outcome { await Latch().wait() }
            }
            let result = await links.end(talk, whenLost: once)
            await links.stop()
            try await peer.close()
            if once, let reason = links.failure {
                throw CommandFailure(reason, code: CommandFailure.unreachable)
            }
            try result.get()
        }
    }
}
