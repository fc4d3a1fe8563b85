// SPDX-License-Identifier: MIT

import ArgumentParser
import Scuttlebutt
import ScuttlebuttNIO
import ScuttlebuttRuntime

/// `scuttlebutt peer TYPE`: replicates one object over TCP, for shells, scripts and debugging.
struct PeerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peer",
        abstract: "Replicate one object over TCP, for scripts and debugging.",
        discussion: """
            Speaks the protocol of dominictarr/scuttlebutt: one JSON value per line. With \
            --listen, it accepts any number of peers; with --connect, it redials when the \
            connection is lost.

            Reads one command per line from stdin and answers each with one line of JSON on \
            stdout. Keys and names may be unquoted or JSON strings; everything else is JSON:
              actions              dispatch {json}
              model, expiry-model  set KEY JSON, get KEY
              events               emit EVENT JSON
              value                set JSON
              array                push JSON, unshift JSON, pop, shift, splice INDEX COUNT JSON…,
                                   unset SORTKEY, keys
              edit                 text "NEW" ["OLD"] (OLD: what NEW was made from; what
                                   arrived since stays), and all commands of array
              append-only          push {json}, remove ID
              doc                  row ID {json}, rm ID
              bucket               part NAME COMMAND… (parts: model, events, list: an array)
              all                  dump      print the object as plain JSON
                                   history   print the updates in agreed order
                                   clock     print the newest timestamp of each source
                                   status    print connected, synced, pending (unconfirmed), invalid
                                   quit      exit

              scuttlebutt peer model --listen 4000 --json
              printf 'set theme "dark"\\ndump\\n' | scuttlebutt peer model --connect 127.0.0.1:4000
            """)

    @Argument(help: "Type of the object.")
    var type: PeerType

    @Option(
        help: ArgumentHelp(
            "Address to accept peers on; port 0 picks a free port.", valueName: "[host:]port"))
    var listen: SocketAddress?

    @Option(help: ArgumentHelp("Peer to dial.", valueName: "host:port"))
    var connect: SocketAddress?

    @Option(help: "Identity to write as (default: the store's, or a new one).")
    var id: String?

    @Flag(
        help: "The identity given by --id is new: it has never written anything anywhere.")
    var newId = false

    @Option(help: "JSON metadata to send in the header.")
    var meta: String?

    @Flag(help: "Ignore other peers' updates and send ours immediately.")
    var sendOnly = false

    @Flag(help: "With --send-only: wait for the peer's header and send only what it lacks.")
    var awaitClock = false

    @Flag(help: "Send no header; peers that send theirs still get our updates.")
    var receiveOnly = false

    @Flag(help: "With --receive-only: send the header anyway.")
    var sendClock = false

    @Flag(
        help: "Stop sending after the history; do not redial once both sides have stopped.")
    var noTail = false

    @Option(help: "SQLite file to keep the log in.", completion: .file())
    var store: String?

    @OptionGroup var sharing: SharingArguments

    @Flag(help: "Print other peers' updates as they arrive, as {\"update\":[…]}.")
    var follow = false

    @Flag(help: "Print {\"event\":\"listening\",…} or {\"event\":\"connected\",…} first.")
    var json = false

    @Flag(help: "Keep running after the end of input, until a signal.")
    var stay = false

    @OptionGroup var probing: ProbeArguments

    func validate() throws {
        if newId, id == nil { throw ValidationError("--new-id requires --id") }
        try sharing.check(id: id, hasStore: store != nil)
        guard (listen == nil) != (connect == nil) else {
            throw ValidationError("specify either --listen [HOST:]PORT or --connect HOST:PORT")
        }
        if connect?.port == 0 { throw ValidationError("invalid --connect port 0: use 1–65535") }
        if sendOnly, receiveOnly {
            throw ValidationError("--send-only and --receive-only cannot be combined")
        }
        if awaitClock, !sendOnly { throw ValidationError("--await-clock requires --send-only") }
        if sendClock, !receiveOnly {
            throw ValidationError("--send-clock requires --receive-only")
        }
    }

    func run() async throws {
        let options = try sessionOptions()
        let source = try StoreIdentity.read(id)
        let command = self
        try await Interruption.watch {
            let peer = try await command.type.open(
                id: source,
                store: command.store.map {
                    PeerStore(path: $0, isShared: command.sharing.isShared)
                }, isNewID: command.newId, watch: command.probing.watch)
            let run = PeerRun(command: command, peer: peer, options: options)
            do {
                try await run.run()
            } catch {
                try await peer.close()
                throw error
            }
            try await peer.close()
        }
    }

    private func sessionOptions() throws -> SessionOptions {
        var options = SessionOptions()
        options.acceptsUpdates = !sendOnly
        options.awaitsDigest = awaitClock
        options.announces = !receiveOnly
        options.sendsDigestAnyway = sendClock
        options.tails = !noTail
        if let meta {
            let bytes = Array(meta.utf8)
            do throws(JSONError) {
                try bytes.withUnsafeBufferPointer { bytes throws(JSONError) in
                    try JSONScanner(bytes).validate()
                }
            } catch {
                throw CommandError("--meta '\(meta)' is not valid JSON; example: {\"room\":1}")
            }
            // A line break would end the header's line.
            options.meta = bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
        }
        return options
    }
}

/// One run of `peer`, from the first connection to the end of the input.
private struct PeerRun: Sendable {
    let command: PeerCommand
    let peer: any GossipingPeer
    let options: SessionOptions

    func run() async throws {
        let links = LinkMonitor(peer.swarm)
        let words = (peer.usages + ["help"]).map { String($0.prefix { $0 != " " }) }
        let console = command.json ? nil : Console.open(prompt: "> ", words: words)
        do {
            try await run(links, console)
        } catch {
            await console?.close()
            throw error
        }
        await console?.close()
    }

    private func run(_ links: LinkMonitor, _ console: Console?) async throws {
        // A person sees what others do.
        let follower = command.follow || console != nil ? peer.follower() : nil
        if let address = command.listen {
            try await listen(address)
        } else if let address = command.connect {
            dial(address, links)
            await links.settled.wait()
            if !links.hasOpened, command.json {
                // Announce it once it becomes true; until then, commands are answered offline.
                Task { await announce("connected", address.text, after: links.opened) }
            } else if command.json {
                try await announce("connected", address.text)
            }
        }
        let following = follower.map { follower in Task { try await follower.run() } }
        let talk = Task {
            let first =
                command.connect == nil
                ? nil : FirstWrite(links) { await peer.headerReceived(within: $0) }
            let outcome: Conversation.Outcome
            if let console {
                outcome = try await PlainTalk(peer: peer, first: first).run(console)
            } else {
                let conversation = Conversation { await peer.reply(to: $0, first) }
                outcome = try await conversation.run(CommandInput())
            }
            guard case .endOfInput = outcome else { return }
            if command.stay {
                await Latch().wait()
            } else if command.noTail, command.connect != nil {
                // Without a tail, the caller waits for the conversation to end.
                await links.finished.wait()
            }
        }
        let result = await links.end(talk, whenLost: false)
        await links.stop()
        if let following {
            await follower?.finish()
            following.cancel()
            _ = await following.result
        }
        try result.get()
    }

    private func listen(_ address: SocketAddress) async throws {
        let listener = try await TCPListener.listen(
            host: address.host, port: address.port, report: { StandardError.shared.note($0) })
        peer.swarm.listen(listener, options: options)
        if command.json {
            try await announce("listening", listener.address)
        } else {
            StandardError.shared.note(
                "listening on \(listener.address) as \(peer.source)")
        }
    }

    private func dial(_ address: SocketAddress, _ links: LinkMonitor) {
        let connection = peer.swarm.connect(
            TCPTransport(host: address.host, port: address.port), options: options)
        guard command.noTail else { return }
        Task {
            await links.finished.wait()
            await connection.close()
        }
    }

    private func announce(_ event: String, _ address: String) async throws {
        try await StandardOutput.shared.write(
            line: Answer.event(
                event,
                [
                    ("tcp", Answer.string(address)),
                    ("source", Answer.string(peer.source.text)),
                ]))
    }

    private func announce(_ event: String, _ address: String, after latch: Latch) async {
        await latch.wait()
        try? await announce(event, address)
    }
}
