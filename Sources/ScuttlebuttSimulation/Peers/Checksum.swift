// SPDX-License-Identifier: MIT

import Rewind
import Scuttlebutt

/// The state of the built-in program: a hash of all actions in their order, and their number.
///
/// Peers that fold the same actions in different orders, or one of them twice, have different
/// states.
public struct Checksum: Hashable, Sendable {
    /// The hash.
    public internal(set) var hash: UInt64 = 0
    /// The number of folded actions.
    public internal(set) var count = 0
}

extension Simulation {
    /// The program that peers run if none is given.
    public static var checksum: StoreProgram<Checksum, UInt64> {
        var program = StoreProgram<Checksum, UInt64>(
            initial: Checksum(),
            encode: { number, isNewer in
                Array("{\"type\":\"\(isNewer ? "new" : "add")\",\"n\":\(number)}".utf8)
            },
            decode: { payload, isNew in
                // The tenth byte distinguishes `add` from `new`.
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
        program.coding = .init(
            encode: { state in
                withUnsafeBytes(of: (state.hash.littleEndian, state.count.littleEndian)) {
                    Array($0)
                }
            },
            decode: { bytes in
                guard bytes.count == 16 else { return nil }
                func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
                    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
                }
                return Checksum(
                    hash: number(bytes[..<8]), count: Int(truncatingIfNeeded: number(bytes[8...])))
            })
        return program
    }
}
