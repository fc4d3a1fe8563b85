// SPDX-License-Identifier: MIT

/// The open sessions of a replica.
///
/// Names of sessions ascend, so a new one comes last and each is found by bisection, which for the
/// handful that most replicas have costs less than hashing. Sessions are used where they stand: a
/// copy of one that is then written to would copy all that it knows of its peer.
struct SessionTable: Sendable {
    private var peers: [PeerID] = []
    /// As many; those that are over are empty, and removed when they are the most.
    private var sessions: [Session] = []
    private var isOver: [Bool] = []
    /// How many are open.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Those that are open, oldest first.
    var openPeers: [PeerID] { peers.indices.compactMap { isOver[$0] ? nil : peers[$0] } }

    /// Adds a session, whose name must be above all before.
    ///
    /// - Complexity: O(1), amortised.
    mutating func append(_ peer: PeerID, _ session: Session) {
        peers.append(peer)
        sessions.append(session)
        isOver.append(false)
        count += 1
    }

    /// Forgets a session.
    ///
    /// - Complexity: O(log n), amortised.
    mutating func remove(_ peer: PeerID) {
        guard let index = index(of: peer) else { return }
        sessions[index] = Session(options: SessionOptions())
        isOver[index] = true
        count -= 1
        guard peers.count > 2 * count + 8 else { return }
        sessions = peers.indices.compactMap { isOver[$0] ? nil : sessions[$0] }
        peers = openPeers
        isOver = Array(repeating: false, count: count)
    }

    func isOpen(_ peer: PeerID) -> Bool { index(of: peer) != nil }

    /// Looks at a session; `nil` when it is not open.
    ///
    /// - Complexity: O(log n).
    func look<Result>(_ peer: PeerID, _ body: (borrowing Session) -> Result) -> Result? {
        guard let index = index(of: peer) else { return nil }
        return body(sessions[index])
    }

    /// Works on a session where it stands; `nil` when it is not open.
    ///
    /// - Complexity: O(log n).
    mutating func change<Result>(
        _ peer: PeerID, _ body: (inout Session) -> Result
    ) -> Result? {
        guard let index = index(of: peer) else { return nil }
        return body(&sessions[index])
    }

    /// Exchanges a session for another, so that it can be worked on without being shared, and a
    /// second time to put it back.
    mutating func exchange(_ session: inout Session, _ place: Int) {
        swap(&session, &sessions[place])
    }

    /// The first open session.
    func lookAtFirst<Result>(_ body: (borrowing Session) -> Result) -> Result? {
        guard let first = isOver.firstIndex(of: false) else { return nil }
        return body(sessions[first])
    }

    /// What all open sessions come to.
    func fold<Result>(_ start: Result, _ body: (inout Result, borrowing Session) -> Void) -> Result
    {
        var result = start
        for index in sessions.indices where !isOver[index] { body(&result, sessions[index]) }
        return result
    }

    /// Where a session stands, until one is added or removed.
    func index(of peer: PeerID) -> Int? {
        var (low, high) = (0, peers.count)
        while low < high {
            let middle = (low + high) / 2
            if peers[middle] < peer { low = middle + 1 } else { high = middle }
        }
        guard low < peers.count, peers[low] == peer, !isOver[low] else { return nil }
        return low
    }
}
