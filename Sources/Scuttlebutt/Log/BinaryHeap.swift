// SPDX-License-Identifier: MIT

/// A binary heap with the smallest element first, for merging runs.
///
/// The core has its own heap because it depends on no package that is not known to compile under
/// Embedded Swift, and because a merge replaces the first element in one step instead of removing
/// and inserting.
struct BinaryHeap<Element> {
    private var elements: [Element]
    private let isBefore: (Element, Element) -> Bool

    init(_ elements: [Element], _ isBefore: @escaping (Element, Element) -> Bool) {
        self.elements = elements
        self.isBefore = isBefore
        for index in stride(from: elements.count / 2 - 1, through: 0, by: -1) { sink(index) }
    }

    var first: Element? { elements.first }

    mutating func replaceFirst(_ element: Element) {
        elements[0] = element
        sink(0)
    }

    mutating func removeFirst() {
        let last = elements.removeLast()
        if !elements.isEmpty { replaceFirst(last) }
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            let left = 2 * index + 1
            guard left < elements.count else { return }
            let right = left + 1
            let child =
                right < elements.count && isBefore(elements[right], elements[left]) ? right : left
            guard isBefore(elements[child], elements[index]) else { return }
            elements.swapAt(child, index)
            index = child
        }
    }
}
