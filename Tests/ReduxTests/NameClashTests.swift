// SPDX-License-Identifier: MIT
import Redux
import Testing

// The names that other store libraries, and programs, have of their own.
private struct Store<State> { var state: State }
private struct Reducer<State> { var run: (State) -> State }
private enum Action { case own }
private struct Middleware {}
private struct Subscription {}
private protocol StoreEnhancer {}
private struct Slices {}

@Suite(.timeLimit(.minutes(20))) struct NameClashTests {
    @Test("Every name stays reachable beside types of the same name")
    func qualified() throws {
        #expect(Store(state: 1).state == 1)
        #expect(Reducer<Int> { $0 + 1 }.run(1) == 2)
        _ = (Action.own, Middleware(), Subscription(), Slices())
        let reducer = Redux.Reducer<Int, Action> { (state: inout Int, _: Action) in state += 1 }
        let step = Redux.Middleware<Int, Action>.each { _, action, next in next(action) }
        let store = Redux.Store(initial: 0, reducer: reducer, middleware: [step])
        let token: Redux.Subscription = store.subscribe {}
        store.dispatch(.own)
        #expect(store.state == 1)
        let enhancer: any Redux.StoreEnhancer = Redux.compose()
        #expect(enhancer.exclusiveKind == nil)
        #expect(Redux.Slices().names.isEmpty)
        token.cancel()
    }
}
