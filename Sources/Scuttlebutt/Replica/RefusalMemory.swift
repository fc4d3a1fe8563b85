// SPDX-License-Identifier: MIT

/// The refused updates that are remembered; beyond the limit the oldest is forgotten.
struct RefusalMemory: Sendable {
    private let limit: Int
    private var known: Set<Fingerprint> = []
    private var order: [Fingerprint] = []
    private var oldest = 0

    init(limit: Int) { self.limit = limit }

    func contains(_ fingerprint: Fingerprint) -> Bool { known.contains(fingerprint) }

    @discardableResult
    mutating func insert(_ fingerprint: Fingerprint) -> Bool {
        guard limit > 0, known.insert(fingerprint).inserted else { return false }
        if order.count < limit {
            order.append(fingerprint)
        } else {
            known.remove(order[oldest])
            order[oldest] = fingerprint
            oldest = (oldest + 1) % limit
        }
        return true
    }
}
