// SPDX-License-Identifier: MIT
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) struct SubscriptionTests {
    let store = Store(initial: 0, reducer: counter)
    let heard = Journal<String>()

    @Test("S11: subscribers are called in order, once per dispatch")
    func order() {
        let tokens = ["a", "b", "c"].map { name in store.subscribe { [heard] in heard.note(name) } }
        store.dispatch(.increment)
        store.dispatch(.increment)
        #expect(heard.entries == ["a", "b", "c", "a", "b", "c"])
        withExtendedLifetime(tokens) {}
    }

    @Test("S12: who unsubscribes itself or another during a notification is heard by that one")
    func frozenList() {
        let tokens = Late<[Subscription]>()
        let list = [
            store.subscribe { [heard] in
                heard.note("a")
                tokens.value?.forEach { $0.cancel() }
            },
            store.subscribe { [heard] in heard.note("b") },
        ]
        tokens.value = list
        store.dispatch(.increment)
        #expect(heard.entries == ["a", "b"])
        store.dispatch(.increment)
        #expect(heard.entries == ["a", "b"])
        tokens.value = nil
    }

    @Test("S13: who subscribes during a notification hears the next dispatch, a nested one too")
    func subscribedDuring() {
        let added = Late<Subscription>()
        let token = store.subscribe { [heard, unowned store] in
            heard.note("outer \(store.state)")
            if added.value == nil {
                added.value = store.subscribe { heard.note("added \(store.state)") }
                store.dispatch(.increment)
            }
        }
        store.dispatch(.increment)
        #expect(heard.entries == ["outer 1", "outer 2", "added 2"])
        store.dispatch(.increment)
        #expect(heard.entries.suffix(2) == ["outer 3", "added 3"])
        withExtendedLifetime(token) {}
        added.value = nil
    }

    @Test("S14: a nested dispatch completes before the outer notification goes on")
    func nestedDispatch() {
        let first = store.subscribe { [heard, unowned store] in
            heard.note("first \(store.state)")
            if store.state == 1 { store.dispatch(.increment) }
        }
        let second = store.subscribe { [heard, unowned store] in
            heard.note("second \(store.state)")
        }
        store.dispatch(.increment)
        #expect(heard.entries == ["first 1", "first 2", "second 2", "second 2"])
        withExtendedLifetime((first, second)) {}
    }

    @Test("S15: cancelling twice is harmless and removes only that registration")
    func cancelTwice() {
        let body: @Sendable () -> Void = { [heard] in heard.note("x") }
        let one = store.subscribe(body)
        let two = store.subscribe(body)
        store.dispatch(.increment)
        #expect(heard.entries.count == 2)
        one.cancel()
        one.cancel()
        store.dispatch(.increment)
        #expect(heard.entries.count == 3)
        withExtendedLifetime(two) {}
    }

    @Test("S16: a cancelled subscription is not called again")
    func cancelled() {
        let token = store.subscribe { [heard] in heard.note("x") }
        token.cancel()
        store.dispatch(.increment)
        #expect(heard.entries.isEmpty)
    }

    @Test("S17: dropping the token cancels, and the token does not keep the store alive")
    func droppedToken() {
        var token: Subscription? = store.subscribe { [heard] in heard.note("x") }
        withExtendedLifetime(token) { _ = store.dispatch(.increment) }
        token = nil
        store.dispatch(.increment)
        #expect(heard.entries.count == 1)

        var other: Store<Int, CounterAction>? = Store(initial: 0, reducer: counter)
        weak let watched = other?.base
        token = other?.subscribe {}
        other = nil
        #expect(watched == nil)
        token?.cancel()
    }

    @Test("S18: replacing the reducer keeps the state, sends the replace signal and is heard")
    func replace() {
        let signals = Journal<String>()
        let token = store.subscribe { [heard] in heard.note("x") }
        store.dispatch(.add(4))
        store.replaceReducer(
            Reducer<Int, CounterAction> { (state: inout Int, _: CounterAction) in state -= 1 }
                .answering { state, signal in signals.note("\(signal.name) \(state)") })
        #expect(signals.entries == ["@@redux/REPLACE 4"])
        #expect(heard.entries.count == 2)
        store.dispatch(.increment)
        #expect(store.state == 3)
        withExtendedLifetime(token) {}
    }
}
