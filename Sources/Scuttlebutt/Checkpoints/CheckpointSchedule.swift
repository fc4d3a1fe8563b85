// SPDX-License-Identifier: MIT

/// When the next checkpoint is due, in actions.
package struct CheckpointSchedule: Sendable {
    /// The least number of actions between two checkpoints.
    package let interval: Int
    /// The number of actions after a checkpoint when it is made, so that few come late for it.
    package let distance: Int
    /// The least number of actions after which an attempt is repeated.
    private let patience: Int
    /// The number of actions at which the next one is due.
    private var due: Int

    /// Begins with a log of which `count` actions are in a checkpoint.
    package init(interval: Int, distance: Int, startingAt count: Int, patience: Int = 64) {
        self.interval = interval
        self.distance = distance
        self.patience = patience
        due = count + interval
    }

    /// Returns whether a checkpoint is due in a history of so many actions.
    package func isDue(at count: Int) -> Bool { count >= due }

    /// Notes that a checkpoint of `count` actions was stored, whose state takes as many bytes as
    /// `actionsPerState` actions.
    package mutating func noteFiled(_ count: Int, actionsPerState: Int) {
        due = count + distance + max(interval, actionsPerState)
    }

    /// Notes that the log and the state did not match: waits for as many actions as make another
    /// attempt worthwhile.
    package mutating func noteMisfit(at count: Int) { due = count + max(patience, interval / 16) }

    /// Notes that the storage failed.
    package mutating func noteFailed(at count: Int) { due = count + interval }

    /// Lets the next one be due at once, because an action came before the newest, which is gone.
    package mutating func noteRebuilt() { due = 0 }
}
