// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding

/// The actions that the benchmarks dispatch.
enum CounterAction: GossipAction {
    case increment
    case add(by: Int)
    case say(String)
}

let counterReducer = Reducer<Int, CounterAction> { count, action in
    switch action {
    case .increment: count += 1
    case .add(let amount): count += amount
    case .say(let text): count += text.utf8.count
    }
}

/// A codec written by hand: what a program with a million actions would use.
let handWrittenCodec = ActionCodec<CounterAction>(
    write: { action in
        switch action {
        case .increment: increment
        case .add(let amount): EncodedAction(type: "add") { $0.write("by", amount) }
        case .say(let text): EncodedAction(type: "say") { $0.write("text", text) }
        }
    },
    decode: { payload in payload == increment.bytes ? .increment : nil })

private let increment = EncodedAction(type: "increment")

/// A store loop with nothing round it: what the machine can do.
final class BareStore {
    private var state = 0
    private let reducer: @Sendable (inout Int, CounterAction) -> Void
    private var subscribers: [() -> Void] = []
    init(_ reducer: @escaping @Sendable (inout Int, CounterAction) -> Void) {
        self.reducer = reducer
    }
    func subscribe(_ body: @escaping () -> Void) { subscribers.append(body) }
    func dispatch(_ action: CounterAction) {
        reducer(&state, action)
        for subscriber in subscribers { subscriber() }
    }
}
