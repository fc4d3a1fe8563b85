// SPDX-License-Identifier: MIT

import ExampleReducers
import PortableReducers
import Scuttlebutt
import ScuttlebuttPage

// The reducers of the examples in one module: nine tenths of it are the core that they share.

typealias ModuleModel = NamedModel<ExamplesState>

/// The state of the one reducer that the page has chosen; the others have none.
///
/// Not an enumeration: what is taken out of one to be changed is shared with it, and copied.
struct ExamplesState: NamedStates {
    private var counter: Counter?
    private var chat: Chat?
    private var life: Life?

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
        case 1: chat = Chat()
        case 2: life = Life()
        default: counter = Counter()
        }
    }

    mutating func reduce(_ action: Action, at stamp: Stamp?) {
        switch action {
        case .counter(let action): counter?.reduce(action, at: stamp)
        case .chat(let action): chat?.reduce(action, at: stamp)
        case .life(let action): life?.reduce(action, at: stamp)
        }
    }

    func write(to json: inout JSONOutput) {
        counter?.write(to: &json)
        chat?.write(to: &json)
        life?.write(to: &json)
    }

    func write(_ view: ViewRequest, to json: inout JSONOutput) -> Bool {
        counter?.write(view, to: &json) ?? chat?.write(view, to: &json)
            ?? life?.write(view, to: &json) ?? false
    }
}
