// SPDX-License-Identifier: MIT

extension MovableList {
    /// The operation that inserts elements before the item at an index, or at the end.
    ///
    /// - Parameters:
    ///   - inserted: What to insert; many at once cost one action.
    ///   - index: Cut to the bounds of the list.
    /// - Complexity: O(n).
    public func makeInsert(_ inserted: [Element], at index: Int) -> Operation {
        .insert(inserted, at: place(index, among: standing))
    }

    /// The operation that appends elements.
    ///
    /// - Complexity: O(n).
    public func makeAppend(_ inserted: [Element]) -> Operation {
        makeInsert(inserted, at: .max)
    }

    /// The operation that removes the item at an index, or `nil` where there is none.
    ///
    /// - Complexity: O(n).
    public func makeRemove(at index: Int) -> Operation? {
        item(at: index).map { .remove([$0]) }
    }

    /// The operation that replaces the element at an index, or `nil` where there is none.
    ///
    /// Of two replacements at the same time the one with the higher stamp stays.
    ///
    /// - Complexity: O(n).
    public func makeReplace(at index: Int, with element: Element) -> Operation? {
        item(at: index).map { .replace($0, with: element) }
    }

    /// The operation that moves the item at an index, or `nil` where there is none.
    ///
    /// - Parameters:
    ///   - index: Where the item is.
    ///   - destination: The index that it has afterwards, cut to the bounds of the list.
    /// - Complexity: O(n).
    public func makeMove(from index: Int, to destination: Int) -> Operation? {
        var standing = standing
        guard standing.indices.contains(index) else { return nil }
        let moved = standing.remove(at: index)
        return .move(moved.item, to: place(destination, among: standing))
    }

    private func item(at index: Int) -> ListItemID? {
        let standing = standing
        return standing.indices.contains(index) ? standing[index].item : nil
    }

    private func place(
        _ index: Int, among standing: [(place: ListItemID, item: ListItemID)]
    ) -> ListPlace {
        let index = Swift.min(Swift.max(index, 0), standing.count)
        return places.place(behind: index == 0 ? nil : standing[index - 1].place)
    }
}
