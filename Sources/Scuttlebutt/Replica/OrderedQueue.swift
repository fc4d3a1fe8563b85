// SPDX-License-Identifier: MIT

/// A queue whose elements are found by the number under which they entered.
///
/// Removing from the front costs amortised O(1), whatever waits behind: with an array a hundred
/// thousand actions at a slow signer would be moved once for each answer.
struct OrderedQueue<Element: Sendable>: Sendable {
    private var storage: [Element?] = []
    private var head = 0
    /// The number of the first element that is still here.
    private(set) var start = 0

    init() {}

    /// The number that the next element will have.
    var end: Int { start + storage.count - head }

    var count: Int { storage.count - head }

    var isEmpty: Bool { count == 0 }

    var first: Element? { isEmpty ? nil : storage[head] }

    var last: Element? { isEmpty ? nil : storage[storage.count - 1] }

    /// The element with this number, or `nil` when it has left or was never here.
    subscript(number: Int) -> Element? {
        get { contains(number) ? storage[number - start + head] : nil }
        set {
            guard contains(number), newValue != nil else { return }
            storage[number - start + head] = newValue
        }
    }

    func contains(_ number: Int) -> Bool { number >= start && number < end }

    /// Adds an element and returns its number.
    @discardableResult
    mutating func append(_ element: Element) -> Int {
        storage.append(element)
        return end - 1
    }

    @discardableResult
    mutating func removeFirst() -> Element? {
        guard let element = first else { return nil }
        storage[head] = nil
        head += 1
        start += 1
        if head > storage.count / 2 {
            storage.removeFirst(head)
            head = 0
        }
        return element
    }
}
