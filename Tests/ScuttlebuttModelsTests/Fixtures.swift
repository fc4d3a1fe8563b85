// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The same numbers for the same seed, on every machine.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

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
