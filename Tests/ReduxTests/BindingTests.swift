// SPDX-License-Identifier: MIT
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) struct BindingTests {
    @Test("S33: bound action creators pass arguments and results through unchanged")
    func bound() {
        let store = Store(initial: 0, reducer: counter)
        let none = store.bind { CounterAction.increment }
        let one = store.bind { (amount: Int) in CounterAction.add(amount) }
        let two = store.bind { (a: Int, b: String) in CounterAction.add(a + b.count) }
        #expect(none() == .increment)
        #expect(one(4) == .add(4))
        #expect(two(1, "xy") == .add(3))
        #expect(store.state == 8)
    }

    @Test("S33: several are bound by name, and binding nothing is diagnosed")
    func boundByName() {
        let faults = Journal<StoreError>()
        let store = Store(initial: 0, reducer: counter, onFault: faults.handler)
        let bound = store.bind(["add": { @Sendable (amount: Int) in CounterAction.add(amount) }])
        #expect(bound["add"]?(5) == .add(5))
        #expect(store.state == 5)
        #expect(faults.codes.isEmpty)
        let nothing: [String: @Sendable (Int) -> CounterAction] = [:]
        #expect(store.bind(nothing).isEmpty)
        #expect(faults.codes == [.nothingToBind])
    }
}
