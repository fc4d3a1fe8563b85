// SPDX-License-Identifier: MIT

/// Who is here, as far as this replica knows: its own presence and the newest news of each other
/// source.
///
/// It does no I/O and reads no clock: a driver's timer calls `tick()` once a second while there
/// is anything to count. What is new waits here for every session; a session is given the newest
/// news of each source, at most once per *round*, and a round lasts ``roundMilliseconds``. Whatever
/// changes more often is thereby coalesced.
///
/// Invariants: `entries` ascend by `place`, there is one per source, that of our own source was not
/// written by a peer, and nothing that a peer says changes our own value.
public struct PresenceTable: Sendable {
    /// What is known of a source.
    private struct Entry: Sendable {
        /// The newest news of it.
        ///
        /// The value is `nil` if the source has left or the news has expired. The lifetime counts
        /// down; below 1 the news is only remembered, so that an older copy that some peer still
        /// has, because its clock is slower, does not bring the source back.
        var news: PresenceNews
        /// Which session brought the news; ``PeerID/nobody`` for our own.
        let peer: PeerID
        /// Which news this was of all that the table has had.
        let place: Int64
    }

    /// How many other sources are remembered: 1,024.
    ///
    /// Beyond it the oldest news that came over the same session gives way. A peer that invents
    /// sources therefore displaces its own; only where a session has none does the oldest of all
    /// give way.
    public static let sourceLimit = 1_024
    /// The least time between two batches of news for one peer: 100 ms.
    public static let roundMilliseconds = 100
    /// The most bytes of lines in such a batch before its last line: 32 KiB.
    public static let batchByteLimit = 32 << 10
    /// How many bytes of news are taken from a session per second: 640 KiB, twice what a peer that
    /// keeps to ``batchByteLimit`` sends.
    ///
    /// More is dropped, and reported once a second.
    public static let receivedByteLimit = 640 << 10
    /// How long expired news is remembered, so that slower clocks bring nobody back: 10 s.
    static let graceSeconds = 10
    /// How often news is repeated while it holds.
    private static let repetitions = 3
    /// The highest sequence number of others that ours goes above.
    private static let sequenceCeiling: Int64 = 1 << 52

    private let own: Source
    private var entries: [Entry] = []
    /// The place of the newest news; 0 before the first.
    private(set) var end: Int64 = 0
    /// The highest sequence number that was used, or claimed, of our own.
    private var ownSequence: Int64 = 0
    /// For how many seconds our presence holds.
    package private(set) var ownLifetime = PresenceNews.usualLifetime
    /// How many seconds ago our presence was last told.
    private var ownAge = 0
    /// Whether somebody has said something else in our name since.
    private var isContested = false
    /// Sources that are here or gone now, or say something else, until the driver is told.
    private(set) var changed: [Source] = []

    /// Counts the seconds in which there was something to count.
    private(set) var second = 0
    /// Counts the rounds in which news may be sent.
    private(set) var round = 0
    /// Whether there is news for another round.
    private(set) var isRoundDue = false
    /// The timers that run, by their generation.
    var tickTimer: Int?
    var roundTimer: Int?

    /// Creates the table of a replica that nobody has told anything.
    init(own: Source) { self.own = own }

    /// Whether there is nothing to count the seconds for.
    var isIdle: Bool { entries.isEmpty }

    /// Calls `body` with the news of each other source that is here, the newest news last.
    package func forEachOther(_ body: (PresenceNews) -> Void) {
        for entry in entries where entry.news.value != nil && entry.news.source != own {
            body(entry.news)
        }
    }

    /// The other sources that are here, those with the newest news last.
    public var others: [PresenceNews] {
        var others: [PresenceNews] = []
        forEachOther { others.append($0) }
        return others
    }

    /// Our own presence.
    public var ownNews: PresenceNews? {
        guard let place = place(of: own), entries[place].news.value != nil else { return nil }
        return entries[place].news
    }

    /// How many sources are here, our own included.
    public var count: Int { entries.count { $0.news.value != nil } }

    private func place(of source: Source) -> Int? {
        for place in entries.indices where entries[place].news.source == source { return place }
        return nil
    }

    /// Puts news behind all others, in place of what was known of its source.
    private mutating func put(_ news: PresenceNews, from peer: PeerID, insteadOf place: Int?) {
        if let place { entries.remove(at: place) }
        end += 1
        entries.append(Entry(news: news, peer: peer, place: end))
    }

    /// Returns the changed sources and forgets them.
    mutating func takeChanged() -> [Source] {
        defer { changed = [] }
        return changed
    }

    // MARK: Our own

    /// Sets our own presence, or ends it.
    ///
    /// - Parameters:
    ///   - value: A value that was checked; `nil` to leave.
    ///   - lifetime: One of ``PresenceNews/lifetimes``.
    ///   - milliseconds: The wall clock, in milliseconds since 1970.
    mutating func set(_ value: Payload?, lifetime: Int, wallClock milliseconds: Double) {
        let current = ownNews?.value
        if value == nil, current == nil { return }
        if value == current, lifetime == ownLifetime, ownAge == 0 { return }
        // A clock that is wrong by aeons is not followed: others would never hear us again.
        if milliseconds >= 1, milliseconds < Double(PresenceTable.sequenceCeiling) {
            ownSequence = max(ownSequence, Int64(milliseconds) - 1)
        }
        if value != nil { ownLifetime = lifetime }
        say(value, lifetime: ownLifetime)
    }

    /// Says our own presence again, with a new sequence number.
    private mutating func say(_ value: Payload?, lifetime: Int) {
        guard ownSequence < PresenceNews.maximumSequence else { return }
        ownSequence += 1
        ownAge = 0
        isContested = false
        put(
            PresenceNews(source: own, sequence: ownSequence, lifetime: lifetime, value: value),
            from: .nobody, insteadOf: place(of: own))
        isRoundDue = true
    }

    // MARK: Others

    /// Takes news that a session brought.
    ///
    /// - Complexity: O(sources).
    mutating func receive(_ news: PresenceNews, from peer: PeerID) {
        let place = place(of: news.source)
        if news.source == own { return receive(own: news, at: place) }
        if let place {
            guard entries[place].news.sequence < news.sequence else { return }
            if entries[place].news.value != news.value { changed.append(news.source) }
        } else {
            if news.value != nil { changed.append(news.source) }
            makeRoom(for: peer)
        }
        put(news, from: peer, insteadOf: place)
        isRoundDue = true
    }

    /// Removes the oldest news of this session, or else of all others, if there is too much.
    private mutating func makeRoom(for peer: PeerID) {
        guard entries.count >= PresenceTable.sourceLimit + (place(of: own) == nil ? 0 : 1) else {
            return
        }
        var oldest: Int?
        for place in entries.indices where entries[place].peer != .nobody {
            if entries[place].peer == peer {
                oldest = place
                break
            }
            if oldest == nil { oldest = place }
        }
        guard let oldest else { return }
        let news = entries.remove(at: oldest).news
        if news.value != nil { changed.append(news.source) }
    }

    /// Somebody says something in our name: we did before a restart, or it is a forgery.
    ///
    /// It changes nothing here. Everybody else hears at the next tick how it is, under a higher
    /// number, and not sooner: two peers that were given one name would never be quiet otherwise.
    private mutating func receive(own news: PresenceNews, at place: Int?) {
        guard news.sequence > ownSequence, news.sequence <= PresenceTable.sequenceCeiling else {
            return
        }
        ownSequence = news.sequence
        if news.value == nil, ownNews == nil { return }
        isContested = true
        guard place == nil else { return }
        // We are here without a presence: what is told has to end. It is said at the tick.
        put(
            PresenceNews(source: own, sequence: 0, lifetime: news.lifetime, value: nil),
            from: .nobody, insteadOf: nil)
    }

    // MARK: Time

    /// A second has passed: news expires, and ours is repeated.
    mutating func tick() {
        second &+= 1
        var place = 0
        while place < entries.count {
            let isOurs = entries[place].peer == .nobody && entries[place].news.value != nil
            if !isOurs { entries[place].news.lifetime -= 1 }
            let news = entries[place].news
            if news.lifetime <= 0, news.value != nil {
                entries[place].news.value = nil
                changed.append(news.source)
            }
            if news.lifetime <= -PresenceTable.graceSeconds {
                entries.remove(at: place)
            } else {
                place += 1
            }
        }
        ownAge += 1
        guard let place = self.place(of: own) else { return }
        let news = entries[place].news
        let isDue = news.value != nil && ownAge * PresenceTable.repetitions >= ownLifetime
        if isContested || isDue { say(news.value, lifetime: max(1, news.lifetime)) }
    }

    /// Begins a round, in which each session may be given news once.
    mutating func beginRound() {
        round &+= 1
        isRoundDue = false
    }

    // MARK: Sessions

    /// Appends the news that a session has not been given, unless it came over that session.
    ///
    /// - Parameter progress: What the session was given.
    mutating func append(
        after progress: inout SessionPresence, of peer: PeerID, to block: inout WireBlock
    ) {
        // A peer that we have just met may have heard ours so long ago that it has expired there.
        if progress.place == 0, ownAge > 0, let ours = ownNews {
            say(ours.value, lifetime: ownLifetime)
        }
        progress.round = round
        for entry in entries where entry.place > progress.place {
            guard block.bytes.count < PresenceTable.batchByteLimit else {
                isRoundDue = true
                return
            }
            progress.place = entry.place
            // What has expired is not told: it expires everywhere. 0 stands for what is to be said.
            if entry.peer == peer || entry.news.lifetime <= 0 || entry.news.sequence == 0 {
                continue
            }
            entry.news.append(to: &block)
        }
        progress.place = end
    }
}
