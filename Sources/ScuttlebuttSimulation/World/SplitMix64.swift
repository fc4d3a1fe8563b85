// SPDX-License-Identifier: MIT

/// The one source of chance of a simulation: the same numbers for the same seed on every machine.
///
/// A world derives one lane of it for each connection, disk and attack, so that leaving out one
/// step of a script changes as little as possible of what the others meet: shrinking needs that.
///
/// - SeeAlso: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
public struct SplitMix64: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    /// Makes a generator whose numbers depend on nothing but the seed.
    public init(seed: UInt64) { state = seed }

    /// Makes the generator of one lane of a seed.
    init(seed: UInt64, lane: UInt64, _ number: Int = 0) {
        var mixer = SplitMix64(seed: seed &+ lane &* 0xD134_2543_DE82_EF95)
        let mixed = mixer.next()
        self.init(seed: mixed ^ UInt64(truncatingIfNeeded: number) &* 0x9E6C_63D0_876A_9A99)
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// A number from 0 up to, but not including, `bound`; 0 when the bound is not positive.
    public mutating func below(_ bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Whether something happens that does so in so many of a hundred cases.
    public mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// An element, or `nil` of an empty array.
    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }
}
