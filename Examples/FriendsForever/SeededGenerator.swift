// SPDX-License-Identifier: MIT

import Synchronization

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// Says yes at each tenth of the way.
final class Milestones: Sendable {
    private let next: Mutex<Int>
    private let step: Int

    init(total: Int) {
        step = max(total / 10, 1)
        next = Mutex(step)
    }

    func reaches(_ count: Int) -> Bool {
        next.withLock { next in
            guard count >= next else { return false }
            next = (count / step + 1) * step
            return true
        }
    }
}

extension Duration {
    /// In seconds with two digits, for people.
    var text: String {
        let hundredths = components.seconds * 100 + components.attoseconds / 10_000_000_000_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) s"
    }
}
