// SPDX-License-Identifier: MIT

/// The source of all randomness in a simulation: the same numbers for the same seed on every
/// machine.
///
/// A world derives one lane for each connection and peer, so that removing a step from a script
/// affects the other steps as little as possible, which shrinking relies on.
///
/// - SeeAlso: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
public struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    /// Creates a generator whose numbers depend only on the seed.
    public init(seed: UInt64) { state = seed }

    /// Creates the generator of one lane of a seed.
    init(seed: UInt64, lane: UInt64, _ number: Int = 0) {
        var mixer = SplitMix64(seed: seed &+ lane &* 0xD134_2543_DE82_EF95)
        let mixed = mixer.next()
        self.init(seed: mixed ^ UInt64(truncatingIfNeeded: number) &* 0x9E6C_63D0_876A_9A99)
    }

    /// Returns the next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// Returns a number from 0 up to, but not including, `bound`, or 0 if the bound is not
    /// positive.
    public mutating func below(_ bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Returns true with the given probability, in percent.
    public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// Returns a random element, or `nil` if there is none.
    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}
