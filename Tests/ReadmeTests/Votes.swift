// SPDX-License-Identifier: MIT

import PortableReducers

struct Votes: PortableState {
    enum Action: CaseIterable, PortableAction {
        case yes, no
        var type: StaticString { self == .yes ? "YES" : "NO" }
    }
    var balance: Int64 = 0
    mutating func reduce(_ action: Action, at stamp: Stamp?) { balance += action == .yes ? 1 : -1 }
    func write(to json: inout JSONOutput) { json.object { $0.member("balance", balance) } }
}
