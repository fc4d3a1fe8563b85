// SPDX-License-Identifier: MIT

import Foundation
import ReduxScuttlebutt
import ScuttlebuttNIO
import ScuttlebuttSQLite
import Shopping

@main
struct Shopper {
    @MainActor  // whose thread `readLine` may block
    static func main() async throws {
        let arguments = CommandLine.arguments  // Shopper [NAME] [ADDRESS]
        let name = arguments.count > 1 ? arguments[1] : "shopper"
        let address = arguments.count > 2 ? arguments[2] : "ws://127.0.0.1:3000/ws"

        let store = try await GossipStore(
            initial: [], reducer: shopping,
            storage: SQLiteStorage.open("\(name).db", mode: .createIfMissing))
        show(store.state)
        let subscription = store.subscribe { [unowned store] in show(store.state) }
        store.connect(try .webSocket(address))

        while let line = readLine() {
            if line.hasPrefix("-") {
                store.dispatch(.remove(item: String(line.dropFirst())))
            } else if !line.isEmpty {
                store.dispatch(.add(item: line))
            }
        }
        subscription.cancel()
        await store.shutDown()
    }
}

func show(_ list: [String]) {
    // At once, also into a pipe, where `print` would wait for more.
    FileHandle.standardOutput.write(Data("\(list)\n".utf8))
}
