// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The truth about who wrote what, beside all machines: what peers accept is compared with it.
///
/// Every source has the list of what it wrote, in its order. A peer that follows the protocol has a
/// prefix of each list, so one number per peer and source says what it has, and accepting the next
/// update is checked in O(1).
struct Ledger: Sendable {
    /// What one source wrote.
    struct Writer: Sendable {
        let source: Source
        /// The peer that writes as this source; `nil` for an attacker's.
        let owner: Int?
        var written: [Update] = []
        /// From which place on nothing is promised of this source, because it was forged, replayed
        /// or restored from a backup; `nil` while all is.
        var taintedFrom: Int?
        /// What it wrote since then.
        var unpromised: [Update] = []
    }

    private var indexes: [Source: Int] = [:]
    private(set) var writers: [Writer] = []
    /// For each peer and source how many of the written updates it has.
    private var have: [[Int]]
    /// For each peer how many updates it took of which the ledger keeps no list.
    private(set) var unlisted: [Int]
    private var lastSource: (source: Source, index: Int)?

    init(peers: Int) {
        have = Array(repeating: [], count: peers)
        unlisted = Array(repeating: 0, count: peers)
    }

    /// The number of a source; one that was never heard of is an attacker's.
    mutating func index(of source: Source, owner: Int? = nil) -> Int {
        if let lastSource, lastSource.source == source { return lastSource.index }
        let index: Int
        if let known = indexes[source] {
            index = known
        } else {
            index = writers.count
            indexes[source] = index
            writers.append(Writer(source: source, owner: owner))
        }
        lastSource = (source, index)
        return index
    }

    /// How many of a source's updates a peer has.
    func count(_ peer: Int, _ writer: Int) -> Int {
        writer < have[peer].count ? have[peer][writer] : 0
    }

    private mutating func setCount(_ count: Int, _ peer: Int, _ writer: Int) {
        while have[peer].count <= writer { have[peer].append(0) }
        have[peer][writer] = count
    }

    /// Notes an own update; says what is wrong with its timestamp, if something is.
    mutating func write(_ update: Update, by peer: Int, highestSeen: Double) -> String? {
        let index = index(of: update.source, owner: peer)
        guard writers[index].taintedFrom == nil else {
            unlisted[peer] += 1
            writers[index].unpromised.append(update)
            return nil
        }
        let last = writers[index].written.last
        writers[index].written.append(update)
        setCount(writers[index].written.count, peer, index)
        if let last, last.timestamp >= update.timestamp {
            return "\(update.stamp.text) was written after \(last.stamp.text)"
        }
        if update.timestamp.value <= highestSeen {
            return "\(update.stamp.text) was written after \(highestSeen) was seen"
        }
        return nil
    }

    /// What accepting an update means.
    enum Acceptance: Hashable, Sendable {
        /// It is the next of its source.
        case next
        /// Nothing is promised about it.
        case unlisted
        /// It must not have been accepted.
        case wrong(String)
    }

    /// Notes that a peer accepted an update.
    mutating func accept(_ update: Update, by peer: Int) -> Acceptance {
        let index = index(of: update.source)
        guard writers[index].owner != nil else {
            unlisted[peer] += 1
            return .unlisted
        }
        let count = count(peer, index)
        if count < writers[index].written.count {
            let next = writers[index].written[count]
            if next.timestamp == update.timestamp, next.payload == update.payload {
                setCount(count + 1, peer, index)
                return .next
            }
        }
        if let taintedFrom = writers[index].taintedFrom, count >= taintedFrom {
            unlisted[peer] += 1
            return .unlisted
        }
        guard count < writers[index].written.count else {
            return .wrong("\(update.stamp.text) was accepted, which nobody wrote")
        }
        let next = writers[index].written[count].stamp.text
        return .wrong("\(update.stamp.text) was accepted where \(next) comes next")
    }

    /// Forgets what a peer has: it starts again with what is on its disk.
    mutating func forget(_ peer: Int) {
        have[peer] = []
        unlisted[peer] = 0
    }

    /// Own updates that were neither durable nor sent are gone, and their timestamps are free.
    mutating func truncate(_ writer: Int, to count: Int) {
        guard count < writers[writer].written.count else { return }
        writers[writer].written.removeLast(writers[writer].written.count - count)
    }

    /// Nothing is promised of a source from this place on.
    mutating func taint(_ writer: Int, from place: Int) {
        writers[writer].taintedFrom = min(writers[writer].taintedFrom ?? place, place)
    }

    /// Whether the source wrote exactly this; its place in the list.
    func place(of update: Update, writer: Int) -> Int? {
        let written = writers[writer].written
        var (low, high) = (0, written.count)
        while low < high {
            let middle = (low + high) / 2
            if written[middle].timestamp < update.timestamp {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < written.count, written[low].timestamp == update.timestamp,
            written[low].payload == update.payload
        else { return nil }
        return low
    }

    /// Whether the source wrote exactly this, in whichever life.
    func isGenuine(_ update: Update, writer: Int) -> Bool {
        place(of: update, writer: writer) != nil || writers[writer].unpromised.contains(update)
    }

    /// Whether the peers must agree about an update.
    func isPromised(_ update: Update) -> Bool {
        guard let index = indexes[update.source], writers[index].owner != nil else { return false }
        guard let taintedFrom = writers[index].taintedFrom else { return true }
        return place(of: update, writer: index).map { $0 < taintedFrom } ?? false
    }

    /// How many of the updates that honest sources wrote a peer lacks.
    func lacking(_ peer: Int) -> Int {
        var lacking = 0
        for index in writers.indices where writers[index].taintedFrom == nil {
            lacking += writers[index].written.count - count(peer, index)
        }
        return lacking
    }
}

extension Stamp {
    /// The stamp as it stands in a state vector: `A@3`.
    var text: String {
        var vector = VersionVector()
        vector.advance(source, to: timestamp)
        return vector.description
    }
}
