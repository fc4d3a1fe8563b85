// SPDX-License-Identifier: MIT

/// The open sessions of a replica.
///
/// Identifiers ascend, so a new session comes last and each is found by binary search, which for
/// the few sessions of most replicas costs less than hashing. Sessions are accessed in place,
/// because writing to a copy would copy everything that it knows about its peer.
struct SessionTable: Sendable {
    private struct Entry: Sendable {
        let peer: PeerID
        var session: Session
        var isOpen = true
    }

    /// Ascending by identifier.
    ///
    /// Closed entries are emptied at once and compacted once they outnumber the open ones, so that
    /// closing ten thousand sessions does not move all the others each time.
    private var entries: [Entry] = []
    /// The number of open sessions.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The open sessions, oldest first.
    var openPeers: [PeerID] { entries.filter { $0.isOpen }.map { $0.peer } }

    /// Adds a session, whose identifier must be above all earlier ones.
    ///
    /// - Complexity: O(1), amortised.
    mutating func append(_ peer: PeerID, _ session: Session) {
        entries.append(Entry(peer: peer, session: session))
        count += 1
    }

    /// Removes a session.
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

    /// Calls `body` with a session in place; returns `nil` if it is not open.
    ///
    /// - Complexity: O(log n).
    func withSession<Result>(
        _ peer: PeerID, _ body: (borrowing Session) -> Result
    ) -> Result? {
        guard let index = index(of: peer) else { return nil }
        return body(entries[index].session)
    }

    /// Calls `body` with a session to change in place; returns `nil` if it is not open.
    ///
    /// - Complexity: O(log n).
    mutating func withMutableSession<Result>(
        _ peer: PeerID, _ body: (inout Session) -> Result
    ) -> Result? {
        guard let index = index(of: peer) else { return nil }
        return body(&entries[index].session)
    }

    /// Returns whether the predicate holds for all open sessions.
    ///
    /// - Complexity: O(n).
    func allSatisfy(_ predicate: (borrowing Session) -> Bool) -> Bool {
        entries.allSatisfy { !$0.isOpen || predicate($0.session) }
    }

    /// Calls `body` with what each open session reads from the storage.
    ///
    /// - Complexity: O(n).
    mutating func forEachStored(_ body: (inout StoredProgress) -> Void) {
        for index in entries.indices where entries[index].isOpen {
            body(&entries[index].session.stored)
        }
    }

    /// Returns the newest own update that some peer has confirmed.
    ///
    /// - Complexity: O(n).
    var newestConfirmed: Timestamp? {
        var newest: Timestamp?
        for entry in entries where entry.isOpen {
            guard let confirmed = entry.session.probes.confirmed else { continue }
            newest = max(newest ?? confirmed, confirmed)
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
