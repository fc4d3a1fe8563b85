// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// One replicated type with its `peer` commands.
struct PeerObject<Value: Replicated & Dumpable>: Sendable {
    typealias Parse =
        @Sendable (_ word: String, inout PeerArguments) throws(PeerRequestError)
        -> ObjectCommand<Value>?

    /// The commands with their arguments, for error messages.
    let usage: [String]
    /// The value before the first update.
    let empty: @Sendable (Source) -> Value
    /// Parses a command; returns `nil` if there is no such command.
    let command: Parse
}
