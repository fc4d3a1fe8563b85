// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A parsed command of a replicated type.
enum ObjectCommand<Value> {
    /// Writes the update prepared from the value, if there is one.
    case write(@Sendable (Value) throws -> Payload?)
    /// Reads an answer from the value.
    case read(@Sendable (Value) -> [UInt8])
}
