// SPDX-License-Identifier: MIT

/// The order of a text's runs by source and counter.
struct RunOrder {
    /// For each run in this order, its place among those given.
    private(set) var places: [Int32]
    /// For each of those given, its place in this order.
    private(set) var ranks: [Int32]
    /// Where the runs of each source begin in this order; at the end the number of all runs.
    let firsts: [Int]

    private static let digitBits = 11
    private static let digits = 1 << digitBits

    /// - Parameters:
    ///   - runs: In any order.
    ///   - sourceCount: Above the numbers of all sources.
    /// - Complexity: O(n), because it sorts by digits.
    init(_ runs: [Span], sourceCount: Int) {
        var firsts = Array(repeating: 0, count: sourceCount + 1)
        var maximum: UInt32 = 0
        // The counter, and below it the place.
        var keys = [UInt64](unsafeUninitializedCapacity: runs.count) { keys, count in
            for (place, run) in runs.enumerated() {
                keys.initializeElement(
                    at: place,
                    to: UInt64(run.start) &<< 32 | UInt64(UInt32(truncatingIfNeeded: place)))
                firsts[Int(run.source) &+ 1] &+= 1
                maximum = max(maximum, run.start)
            }
            count = runs.count
        }
        for source in 0..<sourceCount { firsts[source + 1] += firsts[source] }
        self.firsts = firsts
        var shift = 0
        while maximum >> shift > 0 {
            keys = RunOrder.sorted(keys, by: 32 + shift)
            shift += RunOrder.digitBits
        }
        // Within each source the order remains.
        var next = firsts
        var ranks: [Int32] = []
        places = [Int32](unsafeUninitializedCapacity: runs.count) { places, count in
            ranks = [Int32](unsafeUninitializedCapacity: runs.count) { ranks, count in
                next.withUnsafeMutableBufferPointer { next in
                    for key in keys {
                        let place = Int(UInt32(truncatingIfNeeded: key))
                        let source = Int(runs[place].source)
                        let rank = next[source]
                        next[source] = rank &+ 1
                        places[rank] = Int32(truncatingIfNeeded: place)
                        ranks[place] = Int32(truncatingIfNeeded: rank)
                    }
                }
                count = runs.count
            }
            count = runs.count
        }
        self.ranks = ranks
    }

    /// The keys by one digit; those with the same one keep their order.
    private static func sorted(_ keys: [UInt64], by shift: Int) -> [UInt64] {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: digits) { next in
            next.initialize(repeating: 0)
            for key in keys { next[digit(key, shift)] &+= 1 }
            var sum: Int32 = 0
            for digit in 0..<digits {
                (next[digit], sum) = (sum, sum &+ next[digit])
            }
            return [UInt64](unsafeUninitializedCapacity: keys.count) { sorted, count in
                for key in keys {
                    let digit = digit(key, shift)
                    sorted.initializeElement(at: Int(next[digit]), to: key)
                    next[digit] &+= 1
                }
                count = keys.count
            }
        }
    }

    private static func digit(_ key: UInt64, _ shift: Int) -> Int {
        Int(truncatingIfNeeded: key &>> UInt64(shift)) & (digits - 1)
    }
}
