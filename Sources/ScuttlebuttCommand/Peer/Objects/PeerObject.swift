// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// One replicated type with its `peer` commands.
protocol PeerObject: Sendable {
    associatedtype Value: Replicated & Dumpable

    /// The commands with their arguments, for error messages.
    static var usage: [String] { get }
    /// The value before the first update.
    static func empty(for source: Source) -> Value
    /// Parses a command; returns `nil` if there is no such command.
    static func command(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequestError) -> ObjectCommand<Value>?
}
