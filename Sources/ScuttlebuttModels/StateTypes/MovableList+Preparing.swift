// SPDX-License-Identifier: MIT

extension MovableList {
    /// Creates the operation that inserts elements before the item at an index, or at the end.
    ///
    /// - Parameters:
    ///   - inserted: What to insert; several elements cost one action.
    ///   - index: Clamped to the bounds of the list.
    /// - Complexity: O(n).
    public func makeInsert(_ inserted: [Element], at index: Int) -> Operation {
        .insert(inserted, at: place(index, among: standing))
    }

    /// Creates the operation that appends elements.
    ///
    /// - Complexity: O(n).
    public func makeAppend(_ inserted: [Element]) -> Operation {
        makeInsert(inserted, at: .max)
    }

    /// Creates the operation that removes the item at an index; `nil` if there is none.
    ///
    /// - Complexity: O(n).
    public func makeRemove(at index: Int) -> Operation? {
        item(at: index).map { .remove([$0]) }
    }

    /// Creates the operation that replaces the element at an index; `nil` if there is none.
    ///
    /// Of two concurrent replacements, the one with the greater stamp wins.
    ///
    /// - Complexity: O(n).
    public func makeReplace(at index: Int, with element: Element) -> Operation? {
        item(at: index).map { .replace($0, with: element) }
    }

    /// Creates the operation that moves the item at an index; `nil` if there is none.
    ///
    /// - Parameters:
    ///   - index: The current index of the item.
    ///   - destination: The item's index afterwards, clamped to the bounds of the list.
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
