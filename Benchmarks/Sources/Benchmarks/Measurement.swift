// SPDX-License-Identifier: MIT

import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// One row of the report.
struct Row {
    let name: String
    let value: Double
    let unit: String
    /// The goal that the row is held against, for people; nothing is judged here.
    var goal = ""
}

/// Runs a body several times and keeps the median of its seconds.
func medianSeconds(_ repetitions: Int = 5, _ body: () throws -> Void) rethrows -> Double {
    var seconds: [Double] = []
    for _ in 0..<repetitions {
        let clock = ContinuousClock()
        let start = clock.now
        try body()
        seconds.append((clock.now - start).seconds)
    }
    return seconds.sorted()[seconds.count / 2]
}

/// The same for a body that awaits.
func medianSeconds(
    _ repetitions: Int = 5, _ body: () async throws -> Double
) async rethrows -> Double {
    var seconds: [Double] = []
    for _ in 0..<repetitions { seconds.append(try await body()) }
    return seconds.sorted()[seconds.count / 2]
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

/// The memory of this process that is in use now, in bytes; 0 where it cannot be told.
func residentBytes() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
        let pages = Int(text.split(separator: " ").dropFirst().first ?? "")
    else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// The memory of this process after the allocator has given back what it kept for later.
func heapBytes() -> Int {
    #if canImport(Glibc)
        typealias Trim = @convention(c) (Int) -> Int32
        if let symbol = dlsym(nil, "malloc_trim") {
            _ = unsafeBitCast(symbol, to: Trim.self)(0)
        }
    #endif
    return residentBytes()
}

/// Keeps the optimiser from dropping a result.
@inline(never)
func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }

/// A generator with a seed, so that two runs do the same.
struct SplitMix64: RandomNumberGenerator {
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
