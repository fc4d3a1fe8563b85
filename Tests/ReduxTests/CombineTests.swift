// SPDX-License-Identifier: MIT
import Redux
import Testing

@Suite(.timeLimit(.minutes(20))) struct CombineTests {
    struct Shop: Sendable, Equatable {
        var count = 0
        var list: [Int] = []
        var later: Int?
    }

    private func address(_ list: [Int]) -> UInt {
        list.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress) }
    }

    @Test("S22: each slice sees its part and every action")
    func slices() {
        let store = Store(
            initial: Shop(),
            reducer: .combine {
                .slice(\.count, counter)
                    .slice(\.list, appending)
            })
        store.dispatch(.add(3))
        store.dispatch(.increment)
        #expect(store.state == Shop(count: 4, list: [3]))
    }

    @Test("S22: a state in which no slice changed keeps its storage, even while somebody holds it")
    func identical() {
        let store = Store(
            initial: Shop(list: [1]), reducer: .combine { .slice(\.list, appending) })
        let held = store.state
        store.dispatch(.unknown)
        #expect(store.withState { address($0.list) } == address(held.list))
        store.dispatch(.add(2))
        #expect(held.list == [1])
        #expect(store.state.list == [1, 2])
    }

    @Test("S22: named slices that stay equal keep the storage that a reader shares")
    func identicalNamed() {
        let reducer = Reducer<Slices, CounterAction>.combine(named: [
            NamedSlice("list", initial: [1], appending), NamedSlice("count", initial: 0, counter),
        ])
        let store = Store(initial: Slices(), reducer: reducer)
        let held = store.state
        store.dispatch(.unknown)
        #expect(store.state == held)
        #expect(
            address(store.state["list", as: [Int].self] ?? [])
                == address(held["list", as: [Int].self] ?? []))
        store.dispatch(.add(2))
        #expect(store.state != held)
        #expect(store.state["list"] == [1, 2])
    }

    @Test("S22: a slice may pick the actions that concern it")
    func pick() {
        let doubled = Reducer<Int, Int> { (state: inout Int, amount: Int) in state += 2 * amount }
        let store = Store<Shop, CounterAction>(
            initial: Shop(),
            reducer: .combine {
                .slice(
                    \.count, action: { if case .add(let amount) = $0 { amount } else { nil } },
                    doubled)
            })
        store.dispatch(.add(3))
        store.dispatch(.increment)
        #expect(store.state.count == 6)
    }

    @Test("S23: no slices and duplicate slices are diagnosed once, not on every action")
    func diagnosed() {
        let faults = Journal<StoreError>()
        let empty = Store<Shop, CounterAction>(
            initial: Shop(), reducer: .combine([]), onFault: faults.handler)
        for _ in 0..<5 { empty.dispatch(.increment) }
        #expect(faults.codes == [.emptyCombine])
        let twice = Store<Shop, CounterAction>(
            initial: Shop(),
            reducer: .combine {
                .slice(\.count, counter)
                    .slice(\.count, counter)
            }, onFault: faults.handler)
        for _ in 0..<5 { twice.dispatch(.increment) }
        #expect(faults.codes == [.emptyCombine, .duplicateSlice])
        #expect(faults.entries.last?.message.contains("count") == true)
    }

    @Test("S23: parts that no reducer knows are diagnosed once and dropped")
    func unknownParts() {
        let faults = Journal<StoreError>()
        var state = Slices()
        state["stray"] = 1
        state["count"] = 5
        let store = Store(
            initial: state,
            reducer: Reducer<Slices, CounterAction>.combine(named: [
                NamedSlice("count", initial: 0, counter)
            ]), onFault: faults.handler)
        for _ in 0..<5 { store.dispatch(.increment) }
        #expect(faults.codes == [.unknownSlice])
        #expect(faults.entries.first?.message.contains("stray") == true)
        #expect(store.state.names == ["count"])
        #expect(store.state["count"] == 10)
    }

    @Test("S24: slices run in the order of their declaration, each blind to the others")
    func order() {
        let journal = Journal<String>()
        func slice(_ name: String) -> Reducer<Int, CounterAction> {
            Reducer { (state: inout Int, _: CounterAction) in
                journal.note("\(name) \(state)")
                state += 1
            }
        }
        let store = Store(
            initial: Slices(),
            reducer: Reducer<Slices, CounterAction>.combine(
                named: ["z", "a", "m"].map { NamedSlice($0, initial: 0, slice($0)) }))
        store.dispatch(.unknown)
        #expect(journal.entries == ["z 0", "a 0", "m 0"])
        #expect(store.state.names == ["z", "a", "m"])
    }

    @Test("S18: replacing the reducer lets a part that was missing make its state")
    func missingPart() {
        let store = Store(initial: Shop(), reducer: .combine { .slice(\.count, counter) })
        store.dispatch(.increment)
        #expect(store.state == Shop(count: 1))
        store.replaceReducer(
            .combine {
                .slice(\.count, counter)
                    .slice(\.later, counter.starting(with: 100))
            })
        #expect(store.state == Shop(count: 1, later: 100))
        store.dispatch(.increment)
        #expect(store.state == Shop(count: 2, later: 101))
    }

    @Test("S19: parts come and go with the reducer, without a warning, and the others stay")
    func partsComeAndGo() {
        let faults = Journal<StoreError>()
        let list = NamedSlice("list", initial: [0], appending)
        let store = Store(
            initial: Slices(),
            reducer: Reducer<Slices, CounterAction>.combine(named: [
                list, NamedSlice("count", initial: 5, counter),
            ]), onFault: faults.handler)
        store.dispatch(.add(1))
        let held = store.state["list", as: [Int].self] ?? []
        store.replaceReducer(
            .combine(named: [list, NamedSlice("fresh", initial: 9, counter)]))
        #expect(store.state.names == ["list", "fresh"])
        #expect(store.state["fresh"] == 9)
        #expect(address(store.state["list", as: [Int].self] ?? []) == address(held))
        #expect(store.state["count", as: Int.self] == nil)
        #expect(faults.codes.isEmpty)
    }

    @Test("S9: one slice that throws undoes the whole action")
    func throwingSlice() {
        let faults = Journal<StoreError>()
        let reducer = Reducer<Shop, CounterAction>.combine {
            .slice(
                \.list,
                Reducer<[Int], CounterAction> { (state: inout [Int], _: CounterAction) in
                    state.append(1)
                }
            )
            .slice(\.count, fallible)
        }
        #expect(reducer.canThrow)
        let store = Store(initial: Shop(), reducer: reducer, onFault: faults.handler)
        store.dispatch(.fail)
        #expect(store.state == Shop())
        #expect(faults.codes == [.reducerFailed])
    }
}
