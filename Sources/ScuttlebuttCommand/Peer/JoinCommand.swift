// SPDX-License-Identifier: MIT

public import ArgumentParser
import ReduxScuttlebutt
import Scuttlebutt
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

    @Flag(help: "Accepted for consistency; stdout is always JSON.")
    var json = false

    @Option(help: "A JSON object to be present with, like the command presence {json}.")
    var presence: String?

    @Flag(help: "Also print a line of JSON whenever who else is here changes.")
    var followPresence = false

    @Flag(help: "Keep running after the end of input, until a signal.")
    var stay = false

    @Flag(help: "Exit with code 3 instead of redialling when the server is unreachable.")
    var once = false

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
        let (reducer, stay, once) = (reducer, stay, once)
        let (presence, followsPresence) = (presence.map { Array($0.utf8) }, followPresence)
        let store = store.map { PeerStore(path: $0, isShared: sharing.isShared) }
        let (isNewID, watch) = (newId, probing.watch)
        try await Interruption.watch {
            let peer = try await ActionPeer(
                reducer, .join, id: source, store: store, isNewID: isNewID, watch: watch)
            if let presence { try peer.store.presence.set(json: presence) }
            let followsPresence =
                followsPresence ? Task { try await peer.followPresence() } : nil
            defer { followsPresence?.cancel() }
            let links = LinkMonitor(peer.store.swarm, printsFailures: !once)
            peer.store.swarm.connect(transport, isPersistent: !once)
            let first = FirstWrite(links) { await peer.headerReceived(within: $0) }
            let conversation = Conversation { await peer.reply(to: $0, first) }
            let talk = Task {
                if once { await links.settled.wait() }
                if once, !links.hasOpened { return }
                // What the server has counts from the first command on.
                if once { await peer.store.synced() }
                if Task.isCancelled { return }
                let outcome = try await conversation.run(CommandInput())
                if stay, case .endOfInput = outcome { await Latch().wait() }
            }
            let result = await links.end(talk, whenLost: once)
            await links.stop()
            try await peer.close()
            if once, let reason = links.failure {
                throw CommandError(reason, code: CommandError.unreachable)
            }
            try result.get()
        }
    }
}
