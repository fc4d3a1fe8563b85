// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The declared sets and sequences, and which of them a row belongs to.
///
/// Views that require a value under a key are found by that value, so a thousand lists cost an
/// update no more than one. Filters are called one by one.
struct DocViews: Sendable {
    /// The views that depend on one key.
    private struct Group: Sendable {
        let key: PropertyKey
        /// By the string that they require.
        var texts: [PropertyKey: [Int]] = [:]
        /// Those that require a value that is not a string.
        var others: [(value: Payload, view: Int)] = []
    }

    private(set) var all: [DocView] = []
    private var names: [PropertyKey: Int] = [:]
    private var groups: [Group] = []
    private var filters: [Int] = []

    var isEmpty: Bool { all.isEmpty }

    subscript(name: PropertyKey) -> DocView? { names[name].map { all[$0] } }

    /// Adds a view, replacing one of the same name, and fills it.
    ///
    /// - Complexity: O(n log n) in the rows.
    mutating func declare(_ view: DocView, rows: [PropertyKey: DocRow]) {
        if let place = names[view.name] {
            forget(place)
            all[place] = view
            register(place)
        } else {
            all.append(view)
            names[view.name] = all.count - 1
            register(all.count - 1)
        }
        guard let place = names[view.name] else { return }
        for (id, row) in rows where row.exists && isMember(of: place, id, row.members) {
            _ = all[place].update(id, row.members)
        }
        // The order in which the rows were visited must not influence later sort keys.
        all[place].forgetRun()
    }

    private mutating func register(_ place: Int) {
        guard case .member(let key, let value) = all[place].condition else {
            filters.append(place)
            return
        }
        let group: Int
        if let known = groups.firstIndex(where: { $0.key == key }) {
            group = known
        } else {
            groups.append(Group(key: key))
            group = groups.count - 1
        }
        if let text = Self.text(value, 0..<value.count) {
            groups[group].texts[text, default: []].append(place)
        } else {
            groups[group].others.append((value, place))
        }
    }

    private mutating func forget(_ place: Int) {
        filters.removeAll { $0 == place }
        for group in groups.indices {
            groups[group].others.removeAll { $0.view == place }
            for text in groups[group].texts.keys {
                groups[group].texts[text]?.removeAll { $0 == place }
            }
        }
    }

    private func isMember(of place: Int, _ id: PropertyKey, _ members: RowMembers) -> Bool {
        switch all[place].condition {
        case .filter(let isIncluded): isIncluded(id, members)
        case .member: matching(members).contains(place)
        }
    }

    /// The views that require a value that the row has.
    ///
    /// - Complexity: O(keys that views depend on + views found).
    func matching(_ members: RowMembers) -> [Int] {
        var found: [Int] = []
        for group in groups {
            guard let member = members[group.key] else { continue }
            if let text = member.text {
                if let views = group.texts[text] { found.append(contentsOf: views) }
            } else if !group.others.isEmpty {
                let bytes = member.bytes
                for other in group.others where JSONMeaning.areEqual(bytes, other.value) {
                    found.append(other.view)
                }
            }
        }
        return found
    }

    /// Updates every view after a row has changed.
    ///
    /// - Parameters:
    ///   - id: The row.
    ///   - before: The result of ``matching(_:)`` before the change.
    ///   - members: The row now, or `nil` if it is gone.
    ///   - report: Receives the changes, in the order in which the views were declared.
    mutating func update(
        _ id: PropertyKey, before: [Int], _ members: RowMembers?, report: (DocChange) -> Void
    ) {
        let after = members.map { matching($0) } ?? []
        // Usually the row stays in the same views.
        let stays = filters.isEmpty && before == after
        for place in stays ? after.sorted() : Set(before + after + filters).sorted() {
            let isIn: Bool
            switch all[place].condition {
            case .filter(let isIncluded): isIn = members.map { isIncluded(id, $0) } ?? false
            case .member: isIn = after.contains(place)
            }
            if let kind = all[place].update(id, isIn ? members : nil) {
                report(.view(DocChange.View(name: all[place].name, id: id, kind: kind)))
            }
        }
    }

    private static func text(_ payload: Payload, _ range: Range<Int>) -> PropertyKey? {
        payload.withUnsafeBufferPointer { PropertyKey(range, in: $0) }
    }
}
