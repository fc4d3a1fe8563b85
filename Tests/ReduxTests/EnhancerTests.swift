// SPDX-License-Identifier: MIT
import Redux
import Testing

/// Notes when it is applied and when a dispatch passes.
private struct Tracing: StoreEnhancer {
    let name: String
    let journal: Journal<String>
    var exclusiveKind: EnhancerKind?

    func enhance(_ next: any StoreCreator) -> any StoreCreator {
        Creator(next: next, name: name, journal: journal)
    }

    private struct Creator: StoreCreator {
        let next: any StoreCreator
        let name: String
        let journal: Journal<String>

        func create<State: Sendable, Action: Sendable>(
            _ initial: State?, _ reducer: Reducer<State, Action>
        ) throws -> any StoreProtocol<State, Action> {
            TracingStore(base: try next.create(initial, reducer), name: name, journal: journal)
        }
    }
}

private final class TracingStore<State: Sendable, Action: Sendable>: StoreWrapper {
    let base: any StoreProtocol<State, Action>
    let name: String
    let journal: Journal<String>

    init(base: any StoreProtocol<State, Action>, name: String, journal: Journal<String>) {
        self.base = base
        self.name = name
        self.journal = journal
    }

    func dispatch(_ action: Action) -> Action {
        journal.note(name)
        return base.dispatch(action)
    }
}

/// Lifts the state into the list of all states, as developer tools do.
private struct Recording: StoreEnhancer {
    func enhance(_ next: any StoreCreator) -> any StoreCreator { Creator(next: next) }

    struct Tape<State: Sendable>: Sendable { var states: [State] }

    private struct Creator: StoreCreator {
        let next: any StoreCreator

        func create<State: Sendable, Action: Sendable>(
            _ initial: State?, _ reducer: Reducer<State, Action>
        ) throws -> any StoreProtocol<State, Action> {
            guard let first = initial ?? reducer.initialState() else {
                throw StoreError(.noInitialState, "nothing to record")
            }
            let lift = LiftedStore<State, Action, Tape<State>, Action>.Lift(
                view: { $0.states.last ?? first }, action: { $0 },
                reducer: { reducer in
                    Reducer { (tape: inout Tape<State>, action: Action, meta: ActionMeta) throws in
                        var state = tape.states.last ?? first
                        try reducer.reduce(&state, action, meta)
                        tape.states.append(state)
                    }
                })
            return LiftedStore(
                inner: try next.create(Tape(states: [first]), lift.reducer(reducer)), lift: lift)
        }
    }
}

@Suite(.timeLimit(.minutes(20))) struct EnhancerTests {
    let journal = Journal<String>()

    @Test("S29: in compose(a, b, c) a is outermost")
    func order() throws {
        let store = try Store(
            initial: 0, reducer: counter,
            enhancer: compose(
                Tracing(name: "a", journal: journal), Tracing(name: "b", journal: journal),
                Tracing(name: "c", journal: journal)))
        store.dispatch(.increment)
        #expect(journal.entries == ["a", "b", "c"])
        #expect(store.state == 1)
    }

    @Test("S29: none leaves the creator unchanged, one is that one")
    func noneAndOne() throws {
        let creator = compose().enhance(PlainStoreCreator())
        #expect(creator is PlainStoreCreator)
        #expect(compose(Tracing(name: "a", journal: journal)) is Tracing)
    }

    @Test("S30: what an enhancer does not replace is lifted, the replaced reducer too")
    func lifted() throws {
        let store = try Store(initial: 1, reducer: counter, enhancer: Recording())
        let heard = Journal<Int>()
        let subscription = store.subscribe { [unowned store] in heard.note(store.state) }
        store.dispatch(.add(2))
        #expect(store.state == 3)
        #expect(store.withState { $0 } == 3)
        store.replaceReducer(
            Reducer { (state: inout Int, _: CounterAction) in state *= 10 })
        store.dispatch(.unknown)
        #expect(store.state == 30)
        #expect(heard.entries == [3, 3, 30])
        typealias Lifted = LiftedStore<
            Int, CounterAction, Recording.Tape<Int>, CounterAction
        >
        let inner = try #require(store.enhancement(Lifted.self)).inner
        #expect(inner.state.states == [1, 3, 30])
        subscription.cancel()
    }

    @Test("S30: an enhancer that lifts the state still stands on others, with sequences and close")
    func liftedAndTraced() async throws {
        let store = try Store(
            initial: 1, reducer: counter,
            enhancer: compose(
                Tracing(name: "outer", journal: journal), Recording(),
                Tracing(name: "inner", journal: journal)))
        var iterator = store.states(.every).makeAsyncIterator()
        #expect(await iterator.next()?.state == 1)
        store.dispatch(.increment)
        #expect(await iterator.next()?.state == 2)
        #expect(journal.entries == ["outer", "inner"])
        store.close()
        #expect(await iterator.next() == nil)
    }

    @Test("S31: applying an exclusive enhancer twice is an error that names it")
    func exclusive() throws {
        let tool = Tracing(
            name: "tool", journal: journal, exclusiveKind: EnhancerKind("developer tools"))
        let other = Tracing(name: "other", journal: journal)
        #expect(throws: Never.self) {
            try Store(initial: 0, reducer: counter, enhancer: compose(tool, other, other))
        }
        for twice in [compose(tool, tool), compose(tool, other, compose(other, tool))] {
            let fault = #expect(throws: StoreError.self) {
                try Store(initial: 0, reducer: counter, enhancer: twice)
            }
            #expect(fault?.code == .duplicateEnhancer)
            #expect(fault?.message.contains("developer tools") == true)
        }
    }

    @Test("S32: a batch notifies once, with the state up to date, and loses no dispatch")
    func batched() throws {
        let waiting = Late<@Sendable () -> Void>()
        let scheduled = Journal<Int>()
        let heard = Journal<String>()
        let store = try Store(
            initial: 0, reducer: counter,
            enhancer: BatchedNotification { notify in
                scheduled.note(1)
                waiting.value = notify
            })
        let batched = store.subscribe { [unowned store] in heard.note("batched \(store.state)") }
        let immediate = try #require(store.enhancement((any ImmediateSubscribing).self))
            .subscribeImmediately { [unowned store] in heard.note("immediate \(store.state)") }
        for _ in 0..<3 { store.dispatch(.increment) }
        #expect(store.state == 3)
        #expect(scheduled.entries.count == 3)
        #expect(heard.entries == ["immediate 1", "immediate 2", "immediate 3"])
        waiting.value?()
        #expect(heard.entries.last == "batched 3")
        #expect(heard.entries.count == 4)
        batched.cancel()
        waiting.value?()
        #expect(heard.entries.count == 4)
        immediate.cancel()
    }

    @Test("S32: a function that notifies at once behaves like a plain store")
    func immediateBatches() throws {
        let heard = Journal<Int>()
        let store = try Store(
            initial: 0, reducer: counter, enhancer: BatchedNotification { notify in notify() })
        let token = store.subscribe { [unowned store] in heard.note(store.state) }
        for _ in 0..<3 { store.dispatch(.increment) }
        #expect(heard.entries == [1, 2, 3])
        token.cancel()
    }

    @Test("Faults behind enhancers reach the store's handler")
    func faultsThroughEnhancers() throws {
        let faults = Journal<StoreError>()
        let store = try Store(
            initial: 0, reducer: fallible,
            enhancer: compose(Tracing(name: "a", journal: journal), Recording()),
            onFault: faults.handler)
        store.dispatch(.fail)
        #expect(faults.codes == [.reducerFailed])
        #expect(store.state == 0)
    }
}
