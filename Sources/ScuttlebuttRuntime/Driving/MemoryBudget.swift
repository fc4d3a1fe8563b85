// SPDX-License-Identifier: MIT

/// How much of a log stays in memory if a storage has all of it.
///
/// What exceeds it is dropped from memory once it is durable, down to half of the budget, and read
/// from the storage when a peer or a rewind needs it. Neither the state nor what peers get depends
/// on it.
public struct MemoryBudget: Hashable, Sendable {
    /// The most updates in memory, at least 2.
    public var updates: Int
    /// The most bytes of payloads in memory, at least 2.
    public var bytes: Int

    /// Creates a budget.
    public init(updates: Int, bytes: Int) {
        self.updates = max(2, updates)
        self.bytes = max(2, bytes)
    }

    /// For a phone: 20,000 updates and 4 MiB.
    public static let phone = MemoryBudget(updates: 20_000, bytes: 4 << 20)
    /// For a server: 200,000 updates and 64 MiB.
    public static let server = MemoryBudget(updates: 200_000, bytes: 64 << 20)
    /// ``phone`` on iOS, tvOS, visionOS and watchOS, ``server`` elsewhere.
    public static let standard: MemoryBudget = {
        #if os(iOS) || os(tvOS) || os(visionOS) || os(watchOS)
            .phone
        #else
            .server
        #endif
    }()
    /// Everything stays in memory.
    public static let unlimited = MemoryBudget(updates: .max, bytes: .max)
}
