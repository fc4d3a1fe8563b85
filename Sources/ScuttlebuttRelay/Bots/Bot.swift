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
