// SPDX-License-Identifier: MIT

/// How much one peer knows from us about who is here, and how much it may tell us.
struct SessionPresence: Sendable {
    /// The place of the newest news that was told; 0 before the first.
    var place: Int64 = 0
    /// The round in which the last news was told.
    var round = -1
    /// Whether the peer has told us who is here.
    private(set) var hasTold = false

    private var second = -1
    private var byteCount = 0
    private var excess = 0

    /// Whether the peer is to be told something now.
    func isDue(in table: borrowing PresenceTable) -> Bool {
        place != table.end && round != table.round
    }

    /// Counts news of the peer.
    ///
    /// - Returns: 0 if it may be taken; otherwise which it is of those that are too much.
    mutating func admit(_ news: PresenceNews, in second: Int) -> Int {
        hasTold = true
        if self.second != second { (self.second, byteCount, excess) = (second, 0, 0) }
        byteCount += news.source.utf8.count + (news.value?.count ?? 0) + 32
        if byteCount > PresenceTable.receivedByteLimit {
            byteCount = PresenceTable.receivedByteLimit + 1
            excess &+= 1
        }
        return excess
    }
}
