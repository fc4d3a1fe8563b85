// SPDX-License-Identifier: MIT

import Scuttlebutt

/// An update with this text as its payload; traps for what cannot be one.
func update(_ source: String, _ time: Double, _ payload: String) -> Update {
    update(source, time, Array(payload.utf8))
}

/// An update with this payload; traps for what cannot be one.
func update(_ source: String, _ time: Double, _ payload: Payload) -> Update {
    guard let source = Source(source), let timestamp = Timestamp(time) else {
        preconditionFailure("a test wrote an update that cannot exist")
    }
    return Update(payload: payload, timestamp: timestamp, source: source)
}

/// A source of a test; traps for what cannot be one.
func source(_ name: String) -> Source {
    guard let source = Source(name) else { preconditionFailure("a test named a bad source") }
    return source
}
