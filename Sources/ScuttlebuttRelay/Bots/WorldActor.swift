// SPDX-License-Identifier: MIT

public import ScuttlebuttCoding

/// The clock of a shared world: dispatches one action again and again.
///
/// Without an audience it stands still by default, for every tick stays in everybody's log.
public struct WorldActor<Action: Sendable>: Bot {
    /// What it dispatches.
    public let action: Action
    /// How long from one tick to the next.
    public let interval: Duration
    /// Whether it also ticks while no link is open.
    public let ticksAlone: Bool
    private let sleep: @Sendable (Duration) async throws -> Void

    /// Makes a clock.
    ///
    /// - Parameters:
    ///   - interval: Greater than zero.
    ///   - ticksAlone: Whether it ticks without an audience, too.
    ///   - sleep: Waits; tests hand in a virtual one.
    public init(
        dispatching action: Action, every interval: Duration, ticksAlone: Bool = false,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        precondition(interval > .zero, "a clock without a pause would fill the log")
        self.action = action
        self.interval = interval
        self.ticksAlone = ticksAlone
        self.sleep = sleep
    }

    /// Ticks until its task is cancelled.
    public func run(in world: BotWorld<Action>) async throws {
        while true {
            try await sleep(interval)
            if ticksAlone || world.connected() > 0 { world.dispatch(action) }
        }
    }
}

extension WorldActor where Action == RawAction {
    /// The clock of the Life page: dispatches `{"type":"STEP"}`.
    public static func life(
        every interval: Duration, ticksAlone: Bool = false,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) -> WorldActor {
        WorldActor(
            dispatching: ExampleAction.step.action, every: interval, ticksAlone: ticksAlone,
            sleep: sleep)
    }
}
