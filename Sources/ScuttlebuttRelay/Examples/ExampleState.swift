// SPDX-License-Identifier: MIT

public import ExampleReducers
import PortableReducers
import Redux
import ReduxScuttlebutt
public import ScuttlebuttCoding

/// The state of one of the example reducers.
public struct ExampleState: Hashable, Sendable {
    /// The reducer this state belongs to; the parts of the other reducers stay empty.
    public let reducer: ExampleReducer
    /// The actions, for ``ExampleReducer/log``.
    public private(set) var log: [RawAction] = []
    /// The number, for ``ExampleReducer/counter``.
    public private(set) var counter = Counter()
    /// The messages, for ``ExampleReducer/chat``.
    public private(set) var chat = Chat()
    /// The board, for ``ExampleReducer/life``.
    public private(set) var life = Life()

    /// Creates the state before the first action.
    public init(_ reducer: ExampleReducer) { self.reducer = reducer }

    /// Creates a state of ``ExampleReducer/counter``.
    init(_ counter: Counter) {
        self.init(.counter)
        self.counter = counter
    }

    /// Creates a state of ``ExampleReducer/life``.
    init(_ life: Life) {
        self.init(.life)
        self.life = life
    }

    mutating func apply(_ action: RawAction, _ meta: ActionMeta) {
        switch reducer {
        case .log: log.append(action)
        case .counter: counter.reduce(action, at: meta)
        case .chat: chat.reduce(action, at: meta)
        case .life: life.reduce(action, at: meta)
        }
    }

    /// The state as JSON without line breaks, as shown in `{"state":…}`.
    ///
    /// - Complexity: O(n), where n is its length.
    public var json: [UInt8] {
        switch reducer {
        case .log: logJSON
        case .counter: counter.jsonBytes
        case .chat: chat.jsonBytes
        case .life: life.jsonBytes
        }
    }

    private var logJSON: [UInt8] {
        var bytes = [UInt8(ascii: "[")]
        for (index, action) in log.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: action.payload)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }
}
