// SPDX-License-Identifier: MIT

import NIOCore
import ScuttlebuttRuntime

/// One IP address, or a network such as `10.0.0.0/8` or `fd00::/8`.
public struct AddressRange: Hashable, Sendable {
    private let address: IPAddress
    private let bitCount: Int

    /// Parses `ADDRESS` or `ADDRESS/BITS`.
    ///
    /// - Throws: `LinkError` `.badAddress` with a message for people.
    public init(_ text: String) throws {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else {
            throw LinkError(
                .badAddress,
                "'\(text)' is not an address or network; examples: 127.0.0.1, 10.0.0.0/8, ::1")
        }
        let whole = address.bytes.count * 8
        var bitCount = whole
        if parts.count == 2 {
            guard let count = Int(parts[1]), (0...whole).contains(count),
                parts[1].utf8.allSatisfy({ (48...57).contains($0) })
            else {
                throw LinkError(
                    .badAddress, "the number of bits in '\(text)' must be 0–\(whole)")
            }
            bitCount = count
        }
        self.address = address
        self.bitCount = bitCount
    }

    /// Whether an address is in the range; never for one of the other family.
    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        let (whole, rest) = bitCount.quotientAndRemainder(dividingBy: 8)
        guard other.bytes.prefix(whole) == address.bytes.prefix(whole) else { return false }
        return rest == 0 || (other.bytes[whole] ^ address.bytes[whole]) >> (8 - rest) == 0
    }
}
