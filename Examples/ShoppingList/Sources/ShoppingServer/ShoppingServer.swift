// SPDX-License-Identifier: MIT

import Foundation
import ReduxScuttlebutt
import ScuttlebuttRelay
import ScuttlebuttSQLite
import Shopping

@main
struct ShoppingServer {
    static func main() async throws {
        let arguments = CommandLine.arguments  // ShoppingServer [PORT]
        var configuration = RelayConfiguration()
        configuration.port = arguments.count > 1 ? Int(arguments[1]) ?? 3000 : 3000
        let relay = try await Relay.open(
            initial: [], reducer: shopping, codec: .flat,
            storage: SQLiteStorage.open("server.db", mode: .createIfMissing),
            configuration: configuration)
        let running = Task { try await relay.run() }
        print("listening on port \(try await relay.listening.port)")
        fflush(nil)
        try await running.value
    }
}
