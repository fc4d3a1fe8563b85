// SPDX-License-Identifier: MIT

// The program of the README, compiled: `ReadmeTests` compares what stands between the two marks,
// and the imports, line by line. Only the address is another one, and `print` is the test's.

import Redux
import ReduxScuttlebutt
import ScuttlebuttNIO

func program(at address: String, print: (Int) -> Void) async throws {
    // Begin
    enum Count: String, GossipAction { case increment = "INCREMENT", decrement = "DECREMENT" }

    let counter = Reducer<Int, Count> { count, action in
        count += action == .increment ? 1 : -1
    }
    let store = try GossipStore(initial: 0, reducer: counter)
    store.connect(try .webSocket(address))
    store.dispatch(.increment)
    for await count in store.states { print(count) }
    // End
}
