// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization
import Testing

@Suite("A store whose old actions are in its log only", .serialized, .timeLimit(.minutes(20)))
struct ArchivingStoreTests {
    /// An action with memory of its own.
    private enum Remark: GossipAction {
        case say(Text)
    }

    /// A text that counts how often one was decoded.
    private struct Text: Codable {
        static let decodedCount = Atomic<Int>(0)

        let value: String

        init(_ value: String) { self.value = value }

        init(from decoder: any Decoder) throws {
            Text.decodedCount.add(1, ordering: .relaxed)
            value = try decoder.singleValueContainer().decode(String.self)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(value)
        }
    }

    private static let reducer = Reducer<UInt64, Remark> { (state: inout UInt64, action: Remark) in
        guard case .say(let text) = action else { return }
        state = hash(state, text.value)
    }

    private static func hash(_ state: UInt64, _ text: String) -> UInt64 {
        text.utf8.reduce(state) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    @Test("A late action finds the old ones again, and a look at the newest decodes only those")
    func lateAction() async throws {
        var options = GossipOptions<Remark>()
        options.source = source("b")
        let store = try GossipStore(initial: 0, reducer: Self.reducer, options: options)
        let texts = (1...20_000).map { "remark number \($0)" }
        for text in texts { store.dispatch(.say(Text(text))) }
        #expect(Text.decodedCount.load(ordering: .relaxed) == 0)

        #expect(store.stateHistory(limit: 10).count == 10)
        let forNewest = Text.decodedCount.load(ordering: .relaxed)
        #expect(forNewest < 1_000, "the newest are not in the log only")

        var peer = RawPeer(store.dispatcher)
        let late = "[{\"type\":\"say\",\"payload\":\"late\"},1,\"a\"]"
        try await peer.say([header, late, sync])
        let expected = texts.reduce(Self.hash(0, "late")) { Self.hash($0, $1) }
        await store.until { $0 == expected }
        // Most of them were old.
        #expect(Text.decodedCount.load(ordering: .relaxed) > 10_000)
        let history = store.history.compactMap(\.action).map { action in
            guard case .say(let text) = action else { return "" }
            return text.value
        }
        #expect(history == ["late"] + texts)
    }
}
