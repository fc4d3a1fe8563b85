// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttNIO
import ScuttlebuttRuntime
import Synchronization

/// One of the two people: a peer that types what its person typed, as soon as it has seen what the
/// person had seen.
final class Author: Sendable {
    let store: GossipStore<Transcript, Keystroke>
    let transport: FaultyTransport
    private let agent: Int
    private let trace: Trace
    private let cuts: [Int]
    private let rewinds: Rewinds

    /// - Parameter cuts: After how many applied actions the connection is cut, ascending.
    init(agent: Int, of trace: Trace, address: String, cuts: [Int]) throws {
        self.agent = agent
        self.trace = trace
        self.cuts = cuts
        let rewinds = Rewinds()
        self.rewinds = rewinds
        var options = GossipOptions<Keystroke>()
        options.backOff = BackOff(base: .milliseconds(2), longest: .milliseconds(50))
        options.onEvent = { if case .applied(let change) = $0 { rewinds.note(change.depth) } }
        store = try GossipStore(
            initial: Transcript(), reducer: Transcript.reducer, options: options)
        transport = FaultyTransport(try WebSocketTransport(address))
    }

    /// How often late actions of the other one came, and how many keystrokes were folded again.
    var rewound: (times: Int, actions: Int) { rewinds.sum }

    /// Types until everything that both wrote is here.
    func type(progress: @Sendable (Int) -> Void) async {
        // Wakes the loop below; what happens in between is seen in one look.
        let (changes, change) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let subscription = store.subscribe { change.yield() }
        change.yield()
        var options = SessionOptions()
        options.headerForm = .fork
        store.connect(transport, options: options)

        let own = trace.transactions.indices.filter { trace.transactions[$0].agent == agent }[...]
        var waiting = own
        var cuts = self.cuts[...]
        for await _ in changes {
            var count = store.withState(\.count)
            while let index = waiting.first, hasSeen(trace.transactions[index].parents) {
                waiting.removeFirst()
                store.dispatch(keystroke(index))
                count += 1
                // Look up now and then, to be cut in the middle of a burst too.
                if let next = cuts.first, count >= next { break }
            }
            while let next = cuts.first, count >= next {
                cuts.removeFirst()
                await transport.cut()
                change.yield()
            }
            progress(count)
            if store.withState(\.count) >= trace.transactions.count { break }
        }
        subscription.cancel()
    }

    private func hasSeen(_ parents: [Int]) -> Bool {
        store.withState { transcript in parents.allSatisfy { transcript.contains($0) } }
    }

    private func keystroke(_ index: Int) -> Keystroke {
        let patch = trace.transactions[index].patch
        return .type(
            index: index, position: patch.position, deleted: patch.deleted,
            inserted: patch.inserted)
    }
}

/// Counts the rewinds of one peer.
private final class Rewinds: Sendable {
    private let counts = Mutex((times: 0, actions: 0))

    var sum: (times: Int, actions: Int) { counts.withLock { $0 } }

    func note(_ depth: Int) {
        guard depth > 0 else { return }
        counts.withLock { counts in
            counts.times += 1
            counts.actions += depth
        }
    }
}
