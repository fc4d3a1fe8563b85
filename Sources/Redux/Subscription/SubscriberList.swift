// SPDX-License-Identifier: MIT

/// A closure registered with a store.
@usableFromInline
struct Subscriber: Sendable {
    @usableFromInline let id: UInt64
    @usableFromInline let body: @Sendable () -> Void
}

/// The subscribers of a store in the order of their subscription.
///
/// The array is a value: a notification copies it once, and is not affected by subscribers that are
/// added or removed meanwhile.
@usableFromInline
struct SubscriberList: Sendable {
    private(set) var subscribers: [Subscriber] = [] {
        didSet {
            first = subscribers.first?.body
            others = subscribers.count > 1 ? Array(subscribers.dropFirst()) : nil
        }
    }
    /// The first subscriber, which is often the only one: calling it alone counts half as many
    /// references as calling those of an array.
    @usableFromInline private(set) var first: (@Sendable () -> Void)?
    @usableFromInline private(set) var others: [Subscriber]?
    private var nextID: UInt64 = 1

    mutating func add(_ body: @escaping @Sendable () -> Void) -> UInt64 {
        defer { nextID += 1 }
        subscribers.append(Subscriber(id: nextID, body: body))
        return nextID
    }

    /// Removes and returns a subscriber, so that it is released outside of the lock.
    mutating func remove(_ id: UInt64) -> Subscriber? {
        guard let index = subscribers.firstIndex(where: { $0.id == id }) else { return nil }
        return subscribers.remove(at: index)
    }

    mutating func removeAll() -> [Subscriber] {
        defer { subscribers = [] }
        return subscribers
    }
}
