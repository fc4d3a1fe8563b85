// SPDX-License-Identifier: MIT

import PortableReducers

/// What everybody wants for lunch; of the votes of one peer the last one counts.
struct Poll: PortableState {
    enum Action: PortableAction {
        case vote(PortableText)
        case clear

        var type: StaticString {
            switch self {
            case .vote: "VOTE"
            case .clear: "CLEAR"
            }
        }

        init?(_ action: ActionText) {
            switch action.type {
            case "VOTE":
                guard let dish = action.payload?["dish"]?.text else { return nil }
                self = .vote(dish)
            case "CLEAR": self = .clear
            default: return nil
            }
        }

        func writePayload(to json: inout JSONOutput) {
            guard case .vote(let dish) = self else { return }
            json.object { $0.member("dish", dish) }
        }
    }

    private var votes: [Source: PortableText] = [:]

    mutating func reduce(_ action: Action, at stamp: Stamp?) {
        switch action {
        case .vote(let dish): if let stamp { votes[stamp.source] = dish }
        case .clear: votes = [:]
        }
    }

    func write(to json: inout JSONOutput) {
        json.object { json in
            for (source, dish) in votes.sorted(by: { $0.key < $1.key }) {
                json.member(named: PortableText(utf8: source.utf8), dish)
            }
        }
    }

    func write(_ view: ViewRequest, to json: inout JSONOutput) -> Bool {
        guard case "count" = view.name, let dish = view.arguments?["dish"]?.text else {
            return false
        }
        json.value(votes.values.count { $0 == dish })
        return true
    }
}
