// SPDX-License-Identifier: MIT
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) struct MiddlewareTests {
    typealias Step = Middleware<Int, CounterAction>
    let journal = Journal<String>()

    private func tracing(_ name: String) -> Step {
        .each { [journal] context, action, next in
            journal.note("\(name) in \(context.state)")
            defer { journal.note("\(name) out \(context.state)") }
            return next(action)
        }
    }

    @Test("S25: middleware are entered left to right and unwind right to left")
    func order() {
        let store = Store(
            initial: 0, reducer: counter, middleware: [tracing("a"), tracing("b")])
        store.dispatch(.increment)
        #expect(journal.entries == ["a in 0", "b in 0", "b out 1", "a out 1"])
    }

    @Test("S25: a middleware that does not call next swallows the action")
    func swallow() {
        let store = Store(
            initial: 0, reducer: counter, middleware: [.each { _, action, _ in action }])
        #expect(store.dispatch(.increment) == .increment)
        #expect(store.state == 0)
    }

    @Test("S5: a middleware may change what dispatch returns")
    func changedResult() {
        let store = Store(
            initial: 0, reducer: counter,
            middleware: [.each { _, action, next in next(action) == .increment ? .add(1) : .fail }])
        #expect(store.dispatch(.increment) == .add(1))
    }

    @Test("S26: dispatching while middleware are put together is a fault of its own")
    func dispatchWhileBuilding() {
        let faults = Journal<StoreError>()
        let eager = Step { context in
            context.dispatch(.add(7))
            return { next in next }
        }
        let store = Store(
            initial: 0, reducer: counter, middleware: [eager, tracing("b")],
            onFault: faults.handler)
        #expect(faults.codes == [.dispatchWhileBuilding])
        #expect(faults.entries.first?.message.contains("add(7)") == true)
        #expect(store.state == 0)
        store.dispatch(.increment)
        #expect(store.state == 1)
    }

    @Test("S27: a middleware's dispatch passes through the whole chain again")
    func reentry() {
        let repeating = Step.each { context, action, next in
            if case .add(let count) = action, count > 1 {
                context.dispatch(.add(count - 1))
                return next(.increment)
            }
            return next(action)
        }
        let store = Store(initial: 0, reducer: counter, middleware: [tracing("a"), repeating])
        store.dispatch(.add(3))
        #expect(store.state == 3)
        #expect(journal.entries.filter { $0.hasPrefix("a in") }.count == 3)
    }

    @Test("S27: calling next twice delivers twice")
    func nextTwice() {
        let store = Store(
            initial: 0, reducer: counter,
            middleware: [
                .each { _, action, next in
                    _ = next(action)
                    return next(action)
                }
            ])
        store.dispatch(.increment)
        #expect(store.state == 2)
    }

    @Test("S28: each factory is called once per store, never per action")
    func factories() {
        let step = Step { [journal] _ in
            journal.note("made")
            return { next in
                journal.note("joined")
                return next
            }
        }
        let store = Store(initial: 0, reducer: counter, middleware: [step])
        for _ in 0..<10 { store.dispatch(.increment) }
        #expect(journal.entries == ["made", "joined"])
        _ = Store(initial: 0, reducer: counter, middleware: [step])
        #expect(journal.entries.count == 4)
    }

    @Test("S25: a store with middleware is released, whoever keeps the context")
    func noCycle() {
        let kept = Late<MiddlewareContext<Int, CounterAction>>()
        var store: Store<Int, CounterAction>? = Store(
            initial: 4, reducer: counter,
            middleware: [
                Step { context in
                    kept.value = context
                    return { next in next }
                }
            ])
        weak let watched = store
        #expect(watched != nil)
        store = nil
        #expect(watched == nil)
        #expect(kept.value?.dispatch(.increment) == .increment)
        #expect(kept.value?.state == 4)
    }
}
