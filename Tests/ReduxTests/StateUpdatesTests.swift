// SPDX-License-Identifier: MIT
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) struct StateUpdatesTests {
    @Test("S20: the current state comes at once, then the newest after dispatches")
    func newest() async {
        let store = Store(initial: 1, reducer: counter)
        var iterator = store.states.makeAsyncIterator()
        #expect(await iterator.next() == 1)
        store.dispatch(.increment)
        #expect(await iterator.next() == 2)
        for _ in 0..<5 { store.dispatch(.increment) }
        #expect(await iterator.next() == 7)
    }

    @Test("S20: two iterators are independent, and one starts where the store then is")
    func independent() async {
        let store = Store(initial: 0, reducer: counter)
        let states = store.states
        var one = states.makeAsyncIterator()
        #expect(await one.next() == 0)
        store.dispatch(.increment)
        var two = states.makeAsyncIterator()
        #expect(await two.next() == 1)
        #expect(await one.next() == 1)
        store.dispatch(.increment)
        #expect(await two.next() == 2)
        #expect(await one.next() == 2)
    }

    @Test("S20: every state arrives under the policy that keeps each")
    func every() async {
        let store = Store(initial: 0, reducer: counter)
        var iterator = store.states(.every).makeAsyncIterator()
        for _ in 0..<5 { store.dispatch(.increment) }
        var seen: [Int] = []
        for _ in 0...5 { if let update = await iterator.next() { seen.append(update.state) } }
        #expect(seen == [0, 1, 2, 3, 4, 5])
    }

    @Test("S20: every state arrives although a subscriber dispatches before the reader hears")
    func everyNested() async {
        let store = Store(initial: 0, reducer: counter)
        let subscription = store.subscribe { [unowned store] in
            if store.state % 2 == 1 { store.dispatch(.increment) }
        }
        var iterator = store.states(.every).makeAsyncIterator()
        store.dispatch(.increment)
        store.close()
        var seen: [Int] = []
        while let update = await iterator.next() { seen.append(update.state) }
        #expect(seen == [0, 1, 2])
        withExtendedLifetime(subscription) {}
    }

    @Test("S20: a reader that is too slow is told how many states it missed")
    func overflow() async {
        let store = Store(initial: 0, reducer: counter)
        var iterator = store.states(.every, limit: 3).makeAsyncIterator()
        for _ in 0..<10 { store.dispatch(.increment) }
        var seen: [Int] = []
        var missed: [Int] = []
        for _ in 0..<3 {
            guard let update = await iterator.next() else { break }
            seen.append(update.state)
            missed.append(update.missed)
        }
        #expect(seen == [8, 9, 10])
        #expect(missed == [8, 0, 0])
        store.dispatch(.increment)
        let next = await iterator.next()
        #expect(next?.state == 11)
        #expect(next?.missed == 0)
    }

    @Test("S20: ending the iteration ends its subscription")
    func ended() async {
        final class Witness: Sendable {}
        struct Held: Sendable { let witness: Witness }
        let reducer = Reducer<Held, Int> { (state: inout Held, _: Int) in
            state = Held(witness: Witness())
        }
        let store = Store(initial: Held(witness: Witness()), reducer: reducer)
        for policy in [StatePolicy.every, .newest] {
            var iterator: StateUpdates<Held>.Iterator? = store.states(policy).makeAsyncIterator()
            _ = await iterator?.next()
            store.dispatch(0)
            weak let kept = store.state.witness
            iterator = nil
            store.dispatch(0)
            #expect(kept == nil, "nobody keeps the states of an iteration that ended")
        }
    }

    @Test("S21: a sequence ends when the store is closed", arguments: [StatePolicy.newest, .every])
    func closed(policy: StatePolicy) async {
        let store = Store(initial: 0, reducer: counter)
        var iterator = store.states(policy).makeAsyncIterator()
        #expect(await iterator.next()?.state == 0)
        store.close()
        #expect(await iterator.next() == nil)
        #expect(store.state == 0)
        store.dispatch(.increment)
        #expect(store.state == 1)
        var late = store.states(policy).makeAsyncIterator()
        #expect(await late.next()?.state == 1)
        #expect(await late.next() == nil)
    }

    @Test("S21: a waiting reader is woken when the store is released, and kept it from nothing")
    func released() async {
        var store: Store<Int, CounterAction>? = Store(initial: 0, reducer: counter)
        weak let watched = store?.base
        let states = store?.states
        let (began, signal) = AsyncStream<Void>.makeStream()
        let reader = Task {
            var seen: [Int] = []
            guard let states else { return seen }
            for await state in states {
                seen.append(state)
                signal.yield()
            }
            return seen
        }
        for await _ in began { break }
        store = nil
        #expect(await reader.value == [0])
        #expect(watched == nil)
        var late = states?.makeAsyncIterator()
        #expect(await late?.next() == nil)
    }

    @Test("S21: cancelling the task ends its sequence")
    func cancelled() async {
        let store = Store(initial: 0, reducer: counter)
        let (began, signal) = AsyncStream<Void>.makeStream()
        let reader = Task {
            var count = 0
            for await _ in store.states {
                count += 1
                signal.yield()
            }
            return count
        }
        for await _ in began { break }
        reader.cancel()
        #expect(await reader.value == 1)
    }
}
