// SPDX-License-Identifier: MIT

import ExampleReducers
import PortableReducers
import Scuttlebutt
import ScuttlebuttPage

// The reducers of the examples in one module: nine tenths of it are the core that they share.

typealias ModuleModel = NamedModel<ExamplesState>

/// The state of the one reducer that the page has chosen.
enum ExamplesState: NamedStates {
    case counter(Counter)
    case chat(Chat)
    case life(Life)

    enum Action: PortableAction {
        case counter(Counter.Action)
        case chat(Chat.Action)
        case life(Life.Action)

        var type: StaticString {
            switch self {
            case .counter(let action): action.type
            case .chat(let action): action.type
            case .life(let action): action.type
            }
        }

        init?(_ action: ActionText) {
            if let action = Counter.Action(action) {
                self = .counter(action)
            } else if let action = Chat.Action(action) {
                self = .chat(action)
            } else if let action = Life.Action(action) {
                self = .life(action)
            } else {
                return nil
            }
        }
    }

    static var names: [StaticString] { ["counter", "chat", "life"] }

    init() { self.init(number: 0) }

    init(number: Int) {
        switch number {
        case 1: self = .chat(Chat())
        case 2: self = .life(Life())
        default: self = .counter(Counter())
        }
    }

    mutating func reduce(_ action: Action, at stamp: Stamp?) {
        switch (self, action) {
        case (.counter(var counter), .counter(let action)):
            counter.reduce(action, at: stamp)
            self = .counter(counter)
        case (.chat(var chat), .chat(let action)):
            // What is reduced must be the only reference to its list, or the list is copied.
            self = .counter(Counter())
            chat.reduce(action, at: stamp)
            self = .chat(chat)
        case (.life(var life), .life(let action)):
            self = .counter(Counter())
            life.reduce(action, at: stamp)
            self = .life(life)
        default: break
        }
    }

    func write(to json: inout JSONOutput) {
        switch self {
        case .counter(let counter): counter.write(to: &json)
        case .chat(let chat): chat.write(to: &json)
        case .life(let life): life.write(to: &json)
        }
    }

    func write(_ view: ViewRequest, to json: inout JSONOutput) -> Bool {
        switch self {
        case .counter(let counter): counter.write(view, to: &json)
        case .chat(let chat): chat.write(view, to: &json)
        case .life(let life): life.write(view, to: &json)
        }
    }
}
