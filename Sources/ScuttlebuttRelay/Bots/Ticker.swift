// SPDX-License-Identifier: MIT

import ExampleReducers
import PortableReducers
import ReduxScuttlebutt
public import ScuttlebuttCoding

/// A bot that dispatches the same action at a fixed interval, as the clock of a shared world.
///
/// By default it pauses while no peer is connected, because every tick stays in everyone's log.
public struct Ticker<Action: Sendable>: Bot {
    /// The action to dispatch at each tick.
    public let action: Action
    /// The time between two ticks.
    public let interval: Duration
    /// Whether to tick even while no link is open.
    public let ticksWithoutPeers: Bool
    private let sleep: @Sendable (Duration) async throws -> Void

    /// Creates a ticker.
    ///
    /// - Parameters:
    ///   - action: The action to dispatch at each tick.
    ///   - interval: The time between two ticks; greater than zero.
    ///   - ticksWithoutPeers: Whether to tick even while no link is open.
    ///   - sleep: Suspends for a duration. Tests pass one that uses virtual time.
    public init(
        dispatching action: Action, every interval: Duration, ticksWithoutPeers: Bool = false,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        precondition(interval > .zero, "a ticker without a pause would flood the log")
        self.action = action
        self.interval = interval
        self.ticksWithoutPeers = ticksWithoutPeers
        self.sleep = sleep
    }

    /// Ticks until its task is cancelled.
    public func run(in world: BotWorld<Action>) async throws {
        while true {
            try await sleep(interval)
            if ticksWithoutPeers || world.connected() > 0 { world.dispatch(action) }
        }
    }
}

extension Ticker where Action == RawAction {
    /// Creates the ticker of the Life page, which dispatches `{"type":"STEP"}`.
    public static func life(
        every interval: Duration, ticksWithoutPeers: Bool = false,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) -> Ticker {
        Ticker(
            dispatching: Life.Action.step.raw, every: interval,
            ticksWithoutPeers: ticksWithoutPeers,
            sleep: sleep)
    }
}
