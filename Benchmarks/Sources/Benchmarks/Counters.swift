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
    encode: { action in
        switch action {
        case .increment: return incrementBytes
        case .add(let amount):
            var bytes = Array(#"{"type":"add","payload":{"by":"#.utf8)
            JSONNumber.append(Int64(amount), to: &bytes)
            bytes.append(contentsOf: "}}".utf8)
            return bytes
        case .say(let text):
            var bytes = Array(#"{"type":"say","payload":"#.utf8)
            JSONString.encode(Array(text.utf8), into: &bytes)
            bytes.append(UInt8(ascii: "}"))
            return bytes
        }
    },
    decode: { payload in payload == incrementBytes ? .increment : nil })

private let incrementBytes = Array(#"{"type":"increment"}"#.utf8)

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
