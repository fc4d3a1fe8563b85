// SPDX-License-Identifier: MIT
import Dispatch
import Foundation
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) struct FaultTests {
    /// A store whose reducer calls `breach` on `.fail`, through another function.
    private func store(
        _ faults: Journal<StoreError>,
        _ breach: @escaping @Sendable (Store<Int, CounterAction>) -> Void
    ) -> Store<Int, CounterAction> {
        let late = Late<Weak>()
        @Sendable func hidden() { late.value?.store.map(breach) }
        let reducer = Reducer<Int, CounterAction> { (state: inout Int, action: CounterAction) in
            if action == .fail { hidden() }
            if action == .increment { state += 1 }
        }
        let store = Store(initial: 10, reducer: reducer, onFault: faults.handler)
        late.value = Weak(store: store)
        return store
    }

    private struct Weak: Sendable { weak let store: Store<Int, CounterAction>? }

    @Test("S7: a reducer that dispatches is reported with the action, and the store goes on")
    func dispatchInReducer() {
        let faults = Journal<StoreError>()
        let store = store(faults) { $0.dispatch(.add(42)) }
        store.dispatch(.fail)
        #expect(faults.codes == [.dispatchInReducer])
        #expect(faults.entries.first?.message.contains("add(42)") == true)
        #expect(store.state == 10)
        store.dispatch(.increment)
        #expect(store.state == 11)
    }

    @Test("S7: a throwing reducer that breaks the rule leaves the state as before its action")
    func breachRollsBack() {
        let faults = Journal<StoreError>()
        let late = Late<Store<Int, CounterAction>>()
        let reducer = Reducer<Int, CounterAction> {
            (state: inout Int, action: CounterAction) throws in
            state += 1
            if action == .fail { late.value?.dispatch(.add(1)) }
        }
        let store = Store(initial: 0, reducer: reducer, onFault: faults.handler)
        late.value = store
        defer { late.value = nil }
        store.dispatch(.fail)
        #expect(store.state == 0)
        #expect(faults.codes == [.dispatchInReducer])
    }

    @Test("S8: reading, subscribing, cancelling and replacing in a reducer differ in their message")
    func otherBreaches() {
        let faults = Journal<StoreError>()
        let heard = Journal<Int>()
        let token = Late<Subscription>()
        let store = store(faults) { store in
            _ = store.state
            store.withState { _ in }
            let none = store.subscribe { heard.note(99) }
            none.cancel()
            token.value?.cancel()
            store.replaceReducer(counter)
        }
        token.value = store.subscribe { heard.note(1) }
        store.dispatch(.fail)
        #expect(
            faults.codes == [
                .readInReducer, .readInReducer, .subscribeInReducer, .cancelInReducer,
                .replaceInReducer,
            ])
        #expect(Set(faults.entries.map(\.message)).count == 4)
        store.dispatch(.increment)
        #expect(store.state == 11)
        #expect(heard.entries == [1, 1], "the subscription stays")
        token.value?.cancel()
        store.dispatch(.increment)
        #expect(heard.entries == [1, 1])
    }

    @Test("S8: a reducer that reads gets the first state, and the handler may use the store")
    func readInReducer() {
        let seen = Journal<Int>()
        let late = Late<Store<Int, CounterAction>>()
        let store = Store(
            initial: 10,
            reducer: Reducer<Int, CounterAction> { (state: inout Int, _: CounterAction) in
                state += 1
                late.value.map { seen.note($0.state) }
            },
            onFault: { _ in late.value.map { seen.note($0.state) } })
        store.dispatch(.unknown)
        late.value = store
        defer { late.value = nil }
        store.dispatch(.unknown)
        #expect(seen.entries == [10, 12])
    }

    @Test("S8: the body of withState may not change the store")
    func changeWhileReading() {
        let faults = Journal<StoreError>()
        let store = Store(initial: 0, reducer: counter, onFault: faults.handler)
        store.withState { _ in _ = store.dispatch(.increment) }
        #expect(faults.codes == [.changeWhileReading])
        #expect(store.state == 0)
        store.dispatch(.increment)
        #expect(store.state == 1)
    }

    @Test("S8: a token that dies in a reducer is no fault, and its subscriber is gone")
    func tokenDiesInReducer() {
        let faults = Journal<StoreError>()
        let heard = Journal<Int>()
        let token = Late<Subscription>()
        let store = store(faults) { _ in token.value = nil }
        token.value = store.subscribe { heard.note(1) }
        store.dispatch(.fail)
        store.dispatch(.increment)
        #expect(faults.codes.isEmpty)
        #expect(heard.entries.isEmpty)
    }

    @Test("S8: the faults of one reduce are bounded")
    func faultsAreBounded() {
        let faults = Journal<StoreError>()
        let store = store(faults) { store in for _ in 0..<1_000 { store.dispatch(.increment) } }
        store.dispatch(.fail)
        #expect(faults.entries.count == 65)
        #expect(faults.codes.last == .tooManyFaults)
    }

    @Test("S9: after a reducer threw, state is as before and later dispatches succeed")
    func throwingReducer() {
        let faults = Journal<StoreError>()
        let heard = Journal<Int>()
        let store = Store(initial: 5, reducer: fallible, onFault: faults.handler)
        let subscription = store.subscribe { heard.note(1) }
        #expect(store.dispatch(.fail) == .fail)
        #expect(store.state == 5)
        #expect(faults.codes == [.reducerFailed])
        #expect(faults.entries.first?.cause is Refusal)
        #expect(heard.entries.isEmpty)
        store.dispatch(.increment)
        #expect(store.state == 6)
        #expect(heard.entries == [1])
        subscription.cancel()
    }

    @Test("S10: a dispatch from a second thread during a reduce waits and then proceeds")
    func secondThread() async {
        let faults = Journal<StoreError>()
        // It stops the thread that dispatches first, which is this test's own thread.
        let second = DispatchSemaphore(value: 0)
        let order = Journal<String>()
        let late = Late<Store<Int, CounterAction>>()
        let finished = AsyncStream<Void>.makeStream()
        let reducer = Reducer<Int, CounterAction> { (state: inout Int, action: CounterAction) in
            if action == .unknown {
                Thread.detachNewThread {
                    second.signal()
                    late.value?.dispatch(.increment)
                    finished.continuation.finish()
                }
                second.wait()  // on its own thread
                order.note("first")
            } else {
                order.note("second")
            }
            state += 1
        }
        let store = Store(initial: 0, reducer: reducer, onFault: faults.handler)
        late.value = store
        Thread.detachNewThread { store.dispatch(.unknown) }
        for await _ in finished.stream {}
        late.value = nil
        #expect(store.state == 2)
        #expect(order.entries == ["first", "second"])
        #expect(faults.codes.isEmpty)
    }

    @Test("S10: dispatches from many tasks are all applied")
    func manyTasks() async {
        let store = Store(initial: 0, reducer: counter)
        let heard = Journal<Int>()
        let subscription = store.subscribe { heard.note(1) }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        store.dispatch(.increment)
                        let passing = store.subscribe {}
                        _ = store.state
                        passing.cancel()
                    }
                }
            }
        }
        #expect(store.state == 8_000)
        #expect(heard.entries.count == 8_000)
        subscription.cancel()
    }
}
