// SPDX-License-Identifier: MIT

/// A program that runs inside the server and dispatches actions like any peer
/// (redux-scuttlebutt's NPC).
///
/// A bot that needs the state holds the store itself; see ``Relay/store``.
public protocol Bot<Action>: Sendable {
    /// The actions the bot dispatches.
    associatedtype Action: Sendable

    /// Runs the bot until its task is cancelled, which happens when the relay ends.
    ///
    /// Returning or throwing ends this bot only.
    func run(in world: BotWorld<Action>) async throws
}

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
