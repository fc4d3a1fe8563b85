// SPDX-License-Identifier: MIT

/// The tree of places of a list: an order in which a new place fits between any two.
///
/// Each place stands left or right of its parent; the order is that of walking the tree, left
/// children, the place, right children, and children of one side by their identifiers. A run that
/// one peer inserts is a chain below one place, so runs of two peers at the same spot never
/// interleave, in whichever direction they were typed.
///
/// Places may come in any order. One whose parent has not come stands nowhere until it does; a
/// circle of parents, which only a hostile peer makes, stands nowhere for ever.
///
/// - SeeAlso: Weidner and Kleppmann, "The Art of the Fugue: Minimizing Interleaving in
///   Collaborative Text Editing" (2023), the tree form.
struct PlaceTree: Equatable, Sendable {
    struct Node: Equatable, Sendable {
        var place: ListPlace
        /// The item that was put here.
        var item: ListItemID
    }

    private(set) var nodes: [ListItemID: Node] = [:]
    /// The places on each side of each place, ascending; follows from the nodes.
    private var children: [ListPlace: [ListItemID]] = [:]

    /// Puts an item at a place; a second one with the same identifier is ignored.
    mutating func insert(_ id: ListItemID, item: ListItemID, at place: ListPlace) {
        guard nodes[id] == nil else { return }
        nodes[id] = Node(place: place, item: item)
        var siblings = children.removeValue(forKey: place) ?? []
        siblings.insert(id, at: siblings.partitioningIndex { !($0 < id) })
        children[place] = siblings
    }

    /// All places that hang together with the beginning, in their order.
    ///
    /// - Complexity: O(n).
    var order: [(id: ListItemID, item: ListItemID)] {
        enum Step {
            case enter(ListItemID)
            case visit(ListItemID)
        }
        var result: [(id: ListItemID, item: ListItemID)] = []
        result.reserveCapacity(nodes.count)
        // A stack instead of recursion: a typed text is one chain as deep as it is long.
        var steps: [Step] = []
        func push(_ parent: ListItemID?, _ side: ListPlace.Side) {
            for child in (children[ListPlace(parent: parent, side: side)] ?? []).reversed() {
                steps.append(.enter(child))
            }
        }
        push(nil, .right)
        while let step = steps.popLast() {
            switch step {
            case .enter(let id):
                push(id, .right)
                steps.append(.visit(id))
                push(id, .left)
            case .visit(let id):
                if let node = nodes[id] { result.append((id, node.item)) }
            }
        }
        return result
    }

    /// Where a new place has to be put to come directly behind another one, or first of all.
    ///
    /// - Complexity: O(depth).
    func place(behind id: ListItemID?) -> ListPlace {
        guard var next = children[ListPlace(parent: id, side: .right)]?.first else {
            return ListPlace(parent: id, side: .right)
        }
        while let first = children[ListPlace(parent: next, side: .left)]?.first { next = first }
        return ListPlace(parent: next, side: .left)
    }
}
