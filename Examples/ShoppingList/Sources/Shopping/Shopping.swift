// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt

/// What can happen to the list.
public enum ShoppingAction: GossipAction {
    case add(item: String)
    case remove(item: String)

    enum CodingKeys: String, CodingKey { case add = "ADD", remove = "REMOVE" }
}

/// What it does to the list.
public let shopping = Reducer<[String], ShoppingAction> { list, action in
    switch action {
    case .add(let item): if !list.contains(item) { list.append(item) }
    case .remove(let item): list.removeAll { $0 == item }
    }
}
