// SPDX-License-Identifier: MIT
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) struct StoreTests {
    @Test("S1: the reducer hears one init signal before anybody can read")
    func initSignal() throws {
        let signals = Journal<String>()
        let reducer = counter.starting(with: 7).answering { _, signal in
            signals.note(signal.name.text)
        }
        let store = try Store(reducer: reducer)
        #expect(store.state == 7)
        #expect(signals.entries == ["@@redux/INIT"])
    }

    @Test("S2: a given state is kept where the reducer ignores init")
    func givenState() throws {
        #expect(Store(initial: 3, reducer: counter).state == 3)
        #expect(Store(initial: 3, reducer: counter.starting(with: 9)).state == 3)
    }

    @Test("S2: nil asks the reducer for a state, and is refused where it has none")
    func nilState() throws {
        #expect(try Store(initial: nil, reducer: counter.starting(with: 9)).state == 9)
        let fault = #expect(throws: StoreError.self) { try Store(initial: nil, reducer: counter) }
        #expect(fault?.code == .noInitialState)
    }

    @Test("S2: an optional state that is nil is a state, not a missing one")
    func presentNil() throws {
        let reducer = Reducer<Int?, CounterAction> { (state: inout Int?, _: CounterAction) in
            state = (state ?? 0) + 1
        }
        let store = try Store<Int?, CounterAction>(
            initial: .some(nil), reducer: reducer.starting(with: 5))
        #expect(store.state == nil)
    }

    @Test("S2: a reducer of the ReSwift shape makes its own state from an action")
    func pureReducer() throws {
        let reducer = Reducer<Int, CounterAction>.pure(startingWith: .unknown) { action, state in
            let state = state ?? 40
            return action == .increment ? state + 1 : state
        }
        let store = try Store(reducer: reducer)
        store.dispatch(.increment)
        #expect(store.state == 41)
    }

    @Test("S3: a plain store has dispatch, state, subscribe, replaceReducer and states, no more")
    func surface() {
        let store = Store(initial: 0, reducer: counter)
        let subscription = store.subscribe {}
        #expect(store.dispatch(.increment) == .increment)
        #expect(store.state == 1)
        store.replaceReducer(counter)
        _ = store.states
        #expect(store.enhancement((any ImmediateSubscribing).self) == nil)
        #expect(Mirror(reflecting: store.states).children.allSatisfy { !($0.value is [Any]) })
        subscription.cancel()
    }

    @Test("S4: a read straight after a dispatch sees the new state, as do subscribers")
    func readAfterDispatch() {
        let store = Store(initial: 0, reducer: counter)
        let seen = Journal<Int>()
        let subscription = store.subscribe { [unowned store] in seen.note(store.state) }
        store.dispatch(.add(5))
        #expect(store.state == 5)
        #expect(seen.entries == [5])
        subscription.cancel()
    }

    @Test("S5: dispatch returns the action it was given")
    func returnsAction() {
        #expect(Store(initial: 0, reducer: counter).dispatch(.add(3)) == .add(3))
    }

    @Test("S6: an unknown action leaves the state's storage alone and is still heard")
    func unknownAction() {
        let store = Store(initial: [1, 2, 3], reducer: appending)
        let heard = Journal<Int>()
        let subscription = store.subscribe { heard.note(1) }
        let before = store.withState {
            $0.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        store.dispatch(.unknown)
        let after = store.withState {
            $0.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
        }
        #expect(before == after)
        #expect(heard.entries.count == 1)
        subscription.cancel()
    }

    @Test("The state is changed in place: 50,000 appends copy the array only when it grows")
    func inPlace() throws {
        let store = try Store(reducer: appending.starting(with: []))
        var moves = 0
        var address: UInt = 0
        for value in 0..<50_000 {
            store.dispatch(.add(value))
            let now = store.withState {
                $0.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
            }
            if now != address { moves += 1 }
            address = now
        }
        #expect(moves < 40)
        #expect(store.state == Array(0..<50_000))
    }

    @Test("Reading in place within reading in place is allowed")
    func nestedReading() {
        let store = Store(initial: 2, reducer: counter)
        #expect(store.withState { outer in store.withState { $0 + outer + store.state } } == 6)
    }

    @Test("A withState whose body throws passes the error on and leaves the store usable")
    func throwingRead() {
        let store = Store(initial: 2, reducer: counter)
        #expect(throws: Refusal.self) { try store.withState { _ in throw Refusal() } }
        store.dispatch(.increment)
        #expect(store.state == 3)
    }
}
