// SPDX-License-Identifier: MIT

/// The two places through which bytes pass between the page and the module: one that the page
/// writes before a call, and one that it reads after it.
package struct PageMemory {
    /// The most bytes that the page may hand in at once: 16 MiB.
    ///
    /// The longest line of the wire is shorter.
    package static let inputLimit = 1 << 24

    private var input = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    private var output = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)
    package private(set) var outputCount = 0

    package init() {}

    /// Returns the address of a place for `count` bytes, which is valid until the next call; `nil`
    /// for more than the limit.
    package mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8>? {
        guard (0...PageMemory.inputLimit).contains(count) else { return nil }
        if input.count < count || input.baseAddress == nil {
            input.deallocate()
            input = .allocate(capacity: max(65_536 - 16, count))
        }
        return input.baseAddress
    }

    /// The first `count` bytes that the page has written; fewer if it reserved fewer.
    package func received(_ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: input[..<min(max(0, count), input.count)])
    }

    /// Puts bytes where the page reads them, and returns their number.
    package mutating func put(_ bytes: [UInt8]) -> Int32 {
        if output.count < bytes.count {
            output.deallocate()
            output = .allocate(capacity: max(65_536 - 16, bytes.count))
        }
        bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(output).copyMemory(from: $0) }
        outputCount = bytes.count
        return Int32(truncatingIfNeeded: bytes.count)
    }

    package var outputAddress: UnsafeMutablePointer<UInt8>? { output.baseAddress }
}
