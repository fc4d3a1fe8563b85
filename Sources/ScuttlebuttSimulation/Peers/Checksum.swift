// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt

/// The state of the built-in program: a hash over every action in its order, and their number.
///
/// Two peers that folded the same actions in another order, or one of them twice, differ.
public struct Checksum: Hashable, Sendable {
    /// The hash.
    public internal(set) var hash: UInt64 = 0
    /// How many actions were folded.
    public internal(set) var count = 0
}

extension Simulation {
    /// The program that peers run when none is given.
    public static var checksum: StoreProgram<Checksum, UInt64> {
        StoreProgram(
            initial: Checksum(),
            encode: { number, isNewer in
                Array("{\"type\":\"\(isNewer ? "new" : "add")\",\"n\":\(number)}".utf8)
            },
            decode: { payload, isNew in
                // The byte that tells `add` from `new` stands at a place of its own.
                if !isNew, payload.count > 9, payload[9] == UInt8(ascii: "n") { return nil }
                var hash: UInt64 = 0xCBF2_9CE4_8422_2325
                for byte in payload { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
                return hash
            },
            reduce: { state, action, _ in
                state.hash = (state.hash &* 31 &+ action) ^ (state.hash >> 17)
                state.count += 1
                return .applied
            })
    }
}
