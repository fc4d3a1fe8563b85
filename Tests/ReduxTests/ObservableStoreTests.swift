// SPDX-License-Identifier: MIT
import Observation
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) @MainActor struct ObservableStoreTests {
    struct Model: Sendable, Equatable { var count = 0 }
    let store = Store(initial: Model(), reducer: .combine { .slice(\.count, counter) })

    @Test("A dispatch through the façade shows its effect before it returns")
    func synchronous() {
        let view = ObservableStore(store)
        let changes = Journal<Int>()
        withObservationTracking {
            _ = view.count
        } onChange: {
            changes.note(1)
        }
        view.dispatch(.increment)
        #expect(view.count == 1)
        #expect(changes.entries == [1])
    }

    @Test("A change from elsewhere arrives on the main actor")
    func fromElsewhere() async {
        let view = ObservableStore(store)
        let (changed, signal) = AsyncStream<Void>.makeStream()
        withObservationTracking {
            _ = view.state
        } onChange: {
            signal.yield()
        }
        await Task.detached { [store] in for _ in 0..<10 { store.dispatch(.increment) } }.value
        for await _ in changed { break }
        await Task.yield()
        while view.count < 10 { await Task.yield() }
        #expect(view.count == 10)
    }

    @Test("The façade is released although the store lives on")
    func released() {
        var view: ObservableStore? = ObservableStore(store)
        weak let watched = view
        view = nil
        #expect(watched == nil)
        store.dispatch(.increment)
    }
}
