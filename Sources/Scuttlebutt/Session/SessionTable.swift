// SPDX-License-Identifier: MIT

/// The open sessions of a replica.
///
/// Names of sessions ascend, so a new one comes last and each is found by bisection, which for the
/// handful that most replicas have costs less than hashing. Sessions are used where they stand: a
/// copy of one that is then written to would copy all that it knows of its peer.
struct SessionTable: Sendable {
    private struct Entry: Sendable {
        let peer: PeerID
        var session: Session
        var isOpen = true
    }

    /// Ascending by name.
    ///
    /// Those that are over are emptied at once, and removed together when they are the
    /// most, so that the end of ten thousand sessions does not move each of them every time.
    private var entries: [Entry] = []
    /// How many are open.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Those that are open, oldest first.
    var openPeers: [PeerID] { entries.filter { $0.isOpen }.map { $0.peer } }

    /// Adds a session, whose name must be above all before.
    ///
    /// - Complexity: O(1), amortised.
    mutating func append(_ peer: PeerID, _ session: Session) {
        entries.append(Entry(peer: peer, session: session))
        count += 1
    }

    /// Forgets a session.
    ///
    /// - Complexity: O(log n), amortised.
    mutating func remove(_ peer: PeerID) {
        guard let index = index(of: peer) else { return }
        entries[index].session = Session(options: SessionOptions())
        entries[index].isOpen = false
        count -= 1
        if entries.count > 2 * count + 8 { entries.removeAll { !$0.isOpen } }
    }

    func isOpen(_ peer: PeerID) -> Bool { index(of: peer) != nil }

    /// Looks at a session; `nil` when it is not open.
    ///
    /// - Complexity: O(log n).
    func look<Result>(_ peer: PeerID, _ body: (borrowing Session) -> Result) -> Result? {
        guard let index = index(of: peer) else { return nil }
        return body(entries[index].session)
    }

    /// Works on a session where it stands; `nil` when it is not open.
    ///
    /// - Complexity: O(log n).
    mutating func change<Result>(
        _ peer: PeerID, _ body: (inout Session) -> Result
    ) -> Result? {
        guard let index = index(of: peer) else { return nil }
        return body(&entries[index].session)
    }

    /// Whether something holds for all open sessions.
    ///
    /// - Complexity: O(n).
    func allSatisfy(_ predicate: (borrowing Session) -> Bool) -> Bool {
        entries.allSatisfy { !$0.isOpen || predicate($0.session) }
    }

    /// The newest timestamp of a source that some peer is known to have.
    ///
    /// - Complexity: O(n).
    func newestKnown(of source: Source) -> Timestamp? {
        var newest: Timestamp?
        for entry in entries where entry.isOpen {
            guard let known = entry.session.known[source] else { continue }
            newest = max(newest ?? known, known)
        }
        return newest
    }

    private func index(of peer: PeerID) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].peer < peer { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].peer == peer, entries[low].isOpen else {
            return nil
        }
        return low
    }
}
