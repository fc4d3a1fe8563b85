// SPDX-License-Identifier: MIT

/// A program that lives in the server and takes part like any peer: the original's NPC.
///
/// A bot that looks at the state holds the store itself; see ``Relay/store``.
public protocol Bot<Action>: Sendable {
    /// What it dispatches.
    associatedtype Action: Sendable

    /// Lives until its task is cancelled, which is when the relay ends.
    ///
    /// Returning or throwing ends this bot and nothing else.
    func run(in world: BotWorld<Action>) async throws
}

/// What a bot can do and see.
public struct BotWorld<Action: Sendable>: Sendable {
    /// Dispatches an action to everybody.
    public let dispatch: @Sendable (Action) -> Void
    /// How many links are open now.
    public let connected: @Sendable () -> Int

    /// Makes a world; a test makes its own.
    public init(
        dispatch: @escaping @Sendable (Action) -> Void, connected: @escaping @Sendable () -> Int
    ) {
        self.dispatch = dispatch
        self.connected = connected
    }
}
