// SPDX-License-Identifier: MIT

/// The places of a list as a tree: an order in which a new place fits between any two.
///
/// Each place is on the left or the right of its parent. The order is that of walking the tree:
/// left children, the place, right children, with the children on one side ordered by their
/// identifiers. A run that one peer inserts is a chain below one place, so runs of two peers at the
/// same spot never interleave, in whichever direction they were typed.
///
/// Places may arrive in any order. A place whose parent is missing has no position until the parent
/// arrives. A cycle of parents, which only a hostile peer creates, never has one.
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
    /// The places on each side of each place, ascending; derived from the nodes.
    private var children: [ListPlace: [ListItemID]] = [:]

    /// Puts an item at a place.
    ///
    /// A second call with the same identifier is ignored.
    mutating func insert(_ id: ListItemID, item: ListItemID, at place: ListPlace) {
        guard nodes[id] == nil else { return }
        nodes[id] = Node(place: place, item: item)
        var siblings = children.removeValue(forKey: place) ?? []
        siblings.insert(id, at: siblings.partitioningIndex { !($0 < id) })
        children[place] = siblings
    }

    /// All places that are connected to the start, in order.
    ///
    /// - Complexity: O(n).
    var order: [(id: ListItemID, item: ListItemID)] {
        enum Step {
            case enter(ListItemID)
            case visit(ListItemID)
        }
        var result: [(id: ListItemID, item: ListItemID)] = []
        result.reserveCapacity(nodes.count)
        // A stack instead of recursion: a typed text is one chain, as deep as it is long.
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

    /// Where to put a new place so that it directly follows another one, or comes first.
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
