// SPDX-License-Identifier: MIT

/// What a bot can do and observe.
public struct BotWorld<Action: Sendable>: Sendable {
    /// Dispatches an action in the server's store, which gossips it to all peers.
    public let dispatch: @Sendable (Action) -> Void
    /// Returns the number of open links.
    public let connected: @Sendable () -> Int

    /// Creates a world.
    ///
    /// Tests use this to run a bot without a relay.
    public init(
        dispatch: @escaping @Sendable (Action) -> Void, connected: @escaping @Sendable () -> Int
    ) {
        self.dispatch = dispatch
        self.connected = connected
    }
}
