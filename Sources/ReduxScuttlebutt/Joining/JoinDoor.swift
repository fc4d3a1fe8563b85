// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// What each connection of a store with checkpoints passes before its session begins.
struct JoinDoor<State: Sendable, Action: Sendable>: Sendable {
    let joiner: Joiner<State, Action>
    private let server: CheckpointServer<State>
    private let sleep: @Sendable (Duration) async throws -> Void

    /// How many lines of an answer may wait to be taken; there are about 22 in a page.
    private static var waitingLimit: Int { 512 }

    init(
        _ joiner: Joiner<State, Action>, _ server: CheckpointServer<State>,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.joiner = joiner
        self.server = server
        self.sleep = sleep
    }

    /// Announces that this store gives its state to others, and takes that of a dialled peer if
    /// that is worthwhile.
    func prepare(
        _ link: any Link, options: SessionOptions, isDialled: Bool
    ) async -> (link: any Link, options: SessionOptions) {
        let (reader, turn) = (LinkReader(link, sleep: sleep), SendTurn(link))
        let name = link.name
        var follows = false
        let takesUpdates = options.acceptsUpdates
        if isDialled { await joiner.note(name, isOpen: true) }
        if isDialled, takesUpdates { follows = await joiner.join(name, reader, turn) }
        let (answers, incoming) = AsyncStream<JoinLine>.makeStream(
            bufferingPolicy: .bufferingOldest(Self.waitingLimit))
        let following = follows ? Task { [joiner] in await joiner.follow(answers, turn) } : nil
        var options = options
        if options.announces { options.meta = JoinAnnouncement.added(to: options.meta) }
        let prepared = JoiningLink(
            link, reader, turn,
            onJoinLine: { [server] line in
                switch line {
                case .ask, .part, .tail:
                    try await server.answer(line) { lines in
                        try await turn.send(OutboundLines(lines: lines.map(\.line)))
                    }
                case .offer, .bytes, .end, .none:
                    incoming.yield(line)
                }
            },
            onHistory: { [joiner] in
                if takesUpdates { Task { await joiner.noteHistory(from: name) } }
            },
            onEnd: { [joiner] in
                incoming.finish()
                following?.cancel()
                if isDialled { Task { await joiner.note(name, isOpen: false) } }
            })
        return (prepared, options)
    }
}
