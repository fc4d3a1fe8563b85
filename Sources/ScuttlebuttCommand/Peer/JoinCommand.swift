// SPDX-License-Identifier: MIT

public import ArgumentParser
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
public import ScuttlebuttRelay
import ScuttlebuttRuntime

extension ExampleReducer: ExpressibleByArgument {}

/// `scuttlebutt join URL`: runs a headless peer with a store.
struct JoinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join",
        abstract: "Join a server as a peer that reads commands from stdin.",
        discussion: """
            URL is http(s)://… (Primus), ws(s)://… (default path /ws) or tcp://host:port. The peer \
            starts immediately and keeps redialling while the server is unreachable; actions \
            dispatched meanwhile wait in the log.

            Reads one command per line from stdin and answers each with one line of JSON on stdout:
              dispatch {json}  write an action; prints its timestamp and source
              state            print the reducer's state
              history          print all actions in agreed order, with timestamp and source
              clock            print the newest timestamp of each source
              status           print connected, synced, pending (own actions that no peer has \
                               confirmed), actions
              presence         print who else is here, and what they say of themselves
              presence {json}  say who you are and what you do, until you leave; null takes it back
              quit             exit
            An invalid command is answered with {"error":"…"} and changes nothing.

              printf 'dispatch {"type":"INCREMENT"}\\nstate\\nquit\\n' \\
                | scuttlebutt join http://127.0.0.1:3000 --reducer counter
            """)

    @Argument(
        help:
            "Server URL, e.g. http://127.0.0.1:3000, ws://127.0.0.1:3000/ws, tcp://127.0.0.1:4000.")
    var url: String

    @Option(help: "Reducer that folds the actions into a state.")
    var reducer = ExampleReducer.log

    @Option(help: "Identity to write as (default: the store's, or a new one).")
    var id: String?

    @Flag(
        help: "The identity given by --id is new: it has never written anything anywhere.")
    var newId = false

    @Option(
        help: "SQLite file to keep the log in; an answered dispatch is then durable.",
        completion: .file())
    var store: String?

    @OptionGroup var sharing: SharingArguments

    @Flag(help: "Read commands and print JSON even on a terminal.")
    var json = false

    @Option(help: "A JSON object to be present with, like the command presence {json}.")
    var presence: String?

    @Flag(help: "Also print a line of JSON whenever who else is here changes.")
    var followPresence = false

    @Flag(help: "Keep running after the end of input, until a signal.")
    var stay = false

    @Flag(help: "Exit with code 3 instead of redialling when the server is unreachable.")
    var once = false

    @Option(
        help: ArgumentHelp(
            "How long the first action waits for what the server has, so that it comes behind "
                + "everybody's; 0 writes it at once.", valueName: "seconds"))
    var headerWait = Int(FirstWrite.usualLimit.components.seconds)

    @OptionGroup var probing: ProbeArguments

    @OptionGroup var dialling: DialArguments

    func validate() throws {
        if let presence {
            do throws(ReplicaError) {
                try PresenceNews.check(Array(presence.utf8))
            } catch {
                throw ValidationError("--presence: \(error.message)")
            }
        }
        if newId, id == nil { throw ValidationError("--new-id requires --id") }
        try sharing.check(id: id, hasStore: store != nil)
        guard (0...3_600).contains(headerWait) else {
            throw ValidationError("invalid --header-wait \(headerWait): use 0–3600 seconds")
        }
        if once, sharing.isShared {
            throw ValidationError(
                "--shared and --once cannot be combined: another process may be the one that "
                    + "connects")
        }
    }

    func run() async throws {
        let transport = try Transports.transport(
            for: url, limits: probing.limits, settings: try dialling.settings())
        if dialling.areGiven, transport is TCPTransport {
            throw CommandError("--tls-ca and --header are for http(s) and ws(s), not for \(url)")
        }
        let source = try StoreIdentity.read(id)
        let (reducer, stay, once, json) = (reducer, stay, once, json)
        let (presence, followsPresence) = (presence.map { Array($0.utf8) }, followPresence)
        let store = store.map { PeerStore(path: $0, isShared: sharing.isShared) }
        let limit = Duration.seconds(headerWait)
        let (isNewID, watch) = (newId, probing.watch)
        try await Interruption.watch {
            let peer = try await ActionPeer(
                reducer, .join, id: source, store: store, isNewID: isNewID, watch: watch)
            if let presence { try peer.store.presence.set(json: presence) }
            // A terminal shows it anyway.
            let followsPresence =
                followsPresence && (json || !TerminalMode.isAvailable)
                ? Task { try await peer.followPresence() } : nil
            defer { followsPresence?.cancel() }
            let links = LinkMonitor(peer.store.swarm, printsFailures: !once)
            let console =
                json ? nil : Console.open(prompt: "> ", words: TerminalTalk.words(of: reducer))
            // Others see that a person is here.
            if console != nil, presence == nil { try? peer.store.presence.set(json: [0x7B, 0x7D]) }
            let first = FirstWrite(
                links, limit: limit, knowsOthers: { peer.knowsOthers },
                headerReceived: { await peer.headerReceived(within: $0) })
            let talking = JoinCommand.talk(peer, reducer, first, console, presence)
            peer.store.swarm.connect(transport, isPersistent: !once)
            let talk = Task {
                if once { await links.settled.wait() }
                if once, !links.hasOpened { return }
                // What the server has counts from the first command on.
                if once { await peer.store.synced() }
                if Task.isCancelled { return }
                let outcome = try await talking()
                if stay, case .endOfInput = outcome { await Latch().wait() }
            }
            let result = await links.end(talk, whenLost: once)
            await console?.close()
            await links.stop()
            try await peer.close()
            if once, let reason = links.failure {
                throw CommandError(reason, code: CommandError.unreachable)
            }
            try result.get()
        }
    }

    /// Returns what answers commands until `quit` or the end of the input: to a person at a
    /// terminal, or to a program.
    private static func talk(
        _ peer: ActionPeer, _ reducer: ExampleReducer, _ first: FirstWrite, _ console: Console?,
        _ presence: [UInt8]?
    ) -> @Sendable () async throws -> Conversation.Outcome {
        guard let console else {
            let conversation = Conversation { await peer.reply(to: $0, first) }
            return { try await conversation.run(CommandInput()) }
        }
        var name: String?
        if case .string(let text)? = presence.flatMap({ try? JSONValue($0) })?["name"] {
            name = text
        }
        let talk = TerminalTalk(peer, reducer, first: first, name: name)
        return { try await talk.run(console) }
    }
}
