// SPDX-License-Identifier: MIT
import Redux
import Synchronization

enum CounterAction: Sendable, Equatable {
    case increment
    case add(Int)
    case unknown
    case fail
}

struct Refusal: Error, Equatable {}

let counter = Reducer<Int, CounterAction> { (state: inout Int, action: CounterAction) in
    switch action {
    case .increment: state += 1
    case .add(let amount): state += amount
    case .unknown, .fail: break
    }
}

let fallible = Reducer<Int, CounterAction> { (state: inout Int, action: CounterAction) throws in
    switch action {
    case .increment: state += 1
    case .add(let amount): state += amount
    case .unknown: break
    case .fail:
        state = -1
        throw Refusal()
    }
}

let appending = Reducer<[Int], CounterAction> { (state: inout [Int], action: CounterAction) in
    if case .add(let value) = action { state.append(value) }
}

/// Collects what happened, from any thread.
final class Journal<Entry: Sendable>: Sendable {
    private let list = Mutex<[Entry]>([])

    var entries: [Entry] { list.withLock { $0 } }
    func note(_ entry: Entry) { list.withLock { $0.append(entry) } }
}

extension Journal where Entry == StoreError {
    var codes: [StoreError.Code] { entries.map(\.code) }
    var handler: StoreErrorHandler { { [self] in note($0) } }
}

/// A place for what a closure needs and is made only after it.
final class Late<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)

    var value: Value? {
        get { content.withLock { $0 } }
        set {
            // The old value may call back when it is released.
            let old = content.withLock { content in
                defer { content = newValue }
                return content
            }
            withExtendedLifetime(old) {}
        }
    }
}
