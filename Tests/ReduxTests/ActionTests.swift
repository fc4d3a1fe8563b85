// SPDX-License-Identifier: MIT
import Redux
import Scuttlebutt
import Testing

@Suite(.timeLimit(.minutes(20))) struct ActionTests {
    @Test("S34: an action's type name is not empty, and private when it begins with @")
    func names() throws {
        #expect(ActionName("") == nil)
        let (public_, local, own) = try (
            #require(ActionName("cart/add")), #require(ActionName("@cart/hover")),
            #require(ActionName("@@redux/INIT"))
        )
        #expect(!public_.isPrivate && !public_.isReserved)
        #expect(local.isPrivate && !local.isReserved)
        #expect(own.isPrivate && own.isReserved)
        for signal in [ReducerSignal.initialize, .replaced, .probe] {
            #expect(signal.name.isReserved)
        }
    }

    @Test("S34: a probe with an unknown private action returns the state unchanged")
    func probe() throws {
        var number = 5
        try counter.starting(with: 9).send(.probe, to: &number)
        #expect(number == 5)
        var slices = Slices()
        try Reducer<Slices, CounterAction>.combine(named: [
            NamedSlice("count", initial: 0, counter)
        ]).send(.probe, to: &slices)
        #expect(slices == Slices())
    }

    @Test("An action's id is made of its stamp, the time as an integer when it is one")
    func ids() throws {
        let source = try #require(Source("kiosk"))
        let whole = ActionMeta(timestamp: Timestamp(57), source: source)
        #expect(whole.id() == "57-kiosk")
        #expect(whole.id(2) == "57-kiosk-2")
        #expect(ActionMeta(timestamp: Timestamp(1.5), source: source).id() == "1.5-kiosk")
        #expect(
            ActionMeta(timestamp: .maximum, source: source).id() == "9007199254740991-kiosk")
        #expect(ActionMeta.local.id(1) == "local-1")
    }

    @Test("A plain store passes a meta without a stamp, and a reducer can be run with one")
    func meta() throws {
        let reducer = Reducer<[String], Int> { (state: inout [String], _: Int, meta: ActionMeta) in
            state.append(meta.id())
        }
        let store = Store(initial: [], reducer: reducer)
        store.dispatch(1)
        #expect(store.state == ["local"])
        var state: [String] = []
        try reducer.reduce(
            &state, 1, ActionMeta(timestamp: Timestamp(3), source: Source("a")))
        #expect(state == ["3-a"])
        #expect(!reducer.canThrow)
    }
}
