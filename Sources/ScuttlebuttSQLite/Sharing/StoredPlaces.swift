// SPDX-License-Identifier: MIT

/// Which places of a store this process knows: those that it has read, and those that it has
/// written itself.
///
/// Each transaction writes successive places, so that there are few ranges.
struct StoredPlaces: Sendable {
    /// The place up to which everything is known; `nil` before the log was read.
    private(set) var known: Int64?
    /// The most ranges of own places that are remembered.
    private static let limit = 16_384

    /// What this process wrote above it, ascending.
    private var own: [ClosedRange<Int64>] = []

    /// Notes that the log was read from its beginning up to a place; only the first time counts.
    mutating func begin(at place: Int64) {
        guard known == nil else { return }
        known = place
        skipOwn()
    }

    /// Notes what this process wrote.
    mutating func add(own places: ClosedRange<Int64>) {
        if let last = own.last, last.upperBound + 1 == places.lowerBound {
            own[own.count - 1] = last.lowerBound...places.upperBound
        } else {
            own.append(places)
        }
        // If nobody reads what others store; then it is told as if others had stored it.
        if own.count > StoredPlaces.limit { own.removeFirst(StoredPlaces.limit / 2) }
        skipOwn()
    }

    /// Notes that everything up to a place was read.
    mutating func advance(to place: Int64) {
        guard let before = known, place > before else { return }
        known = place
        skipOwn()
    }

    /// The last place before the next one that this process wrote; `.max` if there is none.
    var end: Int64 { own.first.map { $0.lowerBound - 1 } ?? .max }

    private mutating func skipOwn() {
        guard var place = known else { return }
        while let first = own.first, first.lowerBound <= place + 1 {
            place = max(place, first.upperBound)
            own.removeFirst()
        }
        known = place
    }
}
