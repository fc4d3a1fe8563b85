// SPDX-License-Identifier: MIT

extension MovableList {
    private struct Form: Codable {
        var horizon: CompactionHorizon
        var places: [PlaceForm]
        var elements: [ElementForm]
        var removed: [ListItemID]
    }

    private struct PlaceForm: Codable {
        var id: ListItemID
        /// Left out if it equals the identifier, which means that the item was inserted here.
        var item: ListItemID?
        var place: ListPlace
    }

    private struct ElementForm: Codable {
        var item: ListItemID
        var element: Mark<Element>
    }

    /// Reads what ``encode(to:)`` wrote.
    public init(from decoder: any Decoder) throws {
        let form = try Form(from: decoder)
        horizon = form.horizon
        removed = Set(form.removed)
        for node in form.places {
            places.insert(node.id, item: node.item ?? node.id, at: node.place)
        }
        for row in form.elements where row.element.isLive && !removed.contains(row.item) {
            elements[row.item] = row.element
        }
    }

    /// Writes places, elements and removed items, each in ascending order of their identifiers.
    public func encode(to encoder: any Encoder) throws {
        let nodes = places.nodes.sorted { $0.key < $1.key }
        let rows = elements.sorted { $0.key < $1.key }
        try Form(
            horizon: horizon,
            places: nodes.map { id, node in
                PlaceForm(id: id, item: node.item == id ? nil : node.item, place: node.place)
            },
            elements: rows.map { ElementForm(item: $0.key, element: $0.value) },
            removed: removed.sorted()
        ).encode(to: encoder)
    }
}
