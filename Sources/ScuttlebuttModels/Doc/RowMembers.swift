// SPDX-License-Identifier: MIT

import Scuttlebutt

/// The keys of one row, each with the update that set it last.
///
/// A few keys are searched linearly; many are indexed, so that a hostile row of 100,000 keys costs
/// no more per key than a small one.
struct RowMembers: Sendable {
    struct Member: Sendable {
        let key: PropertyKey
        var stamp: Stamp
        /// The bytes of the whole update, which are shared with the log, and the range of the value
        /// in them.
        var payload: Payload
        var value: Range<Int>

        var bytes: Payload { Array(payload[value]) }
    }

    enum Outcome {
        /// A newer update has set this key.
        case lost
        /// The key is set. `superseded` is the update that had set it before, if that update no
        /// longer sets any key.
        case won(superseded: Stamp?)
    }

    private struct Index: Sendable {
        var places: [PropertyKey: Int] = [:]
        /// How many keys each update sets.
        var uses: [Stamp: Int] = [:]
    }

    private static let fewest = 16

    private(set) var all: [Member] = []
    private var index: Index?

    func place(of key: PropertyKey) -> Int? {
        if let index { return index.places[key] }
        return all.firstIndex { $0.key == key }
    }

    subscript(key: PropertyKey) -> Member? { place(of: key).map { all[$0] } }

    /// Sets one key unless a newer update has.
    mutating func set(_ member: Member) -> Outcome {
        guard let place = place(of: member.key) else {
            add(member)
            return .won(superseded: nil)
        }
        let old = all[place].stamp
        guard old <= member.stamp else { return .lost }
        all[place] = member
        guard old < member.stamp else { return .won(superseded: nil) }
        index?.uses[member.stamp, default: 0] += 1
        return .won(superseded: release(old) ? old : nil)
    }

    private mutating func add(_ member: Member) {
        all.append(member)
        if index != nil {
            index?.places[member.key] = all.count - 1
            index?.uses[member.stamp, default: 0] += 1
        } else if all.count > Self.fewest {
            rebuildIndex()
        }
    }

    /// Records that an update sets one key less.
    ///
    /// - Returns: Whether it no longer sets any.
    private mutating func release(_ stamp: Stamp) -> Bool {
        guard let uses = index?.uses[stamp] else { return !all.contains { $0.stamp == stamp } }
        index?.uses[stamp] = uses > 1 ? uses - 1 : nil
        return uses <= 1
    }

    /// Removes all keys that were set before a stamp.
    ///
    /// - Returns: The removed keys, in an order that peers do not agree on.
    mutating func remove(before stamp: Stamp) -> [Member] {
        var removed: [Member] = []
        all.removeAll { member in
            guard member.stamp < stamp else { return false }
            removed.append(member)
            return true
        }
        if !removed.isEmpty { rebuildIndex() }
        return removed
    }

    private mutating func rebuildIndex() {
        guard all.count > Self.fewest else {
            index = nil
            return
        }
        var built = Index()
        for (place, member) in all.enumerated() {
            built.places[member.key] = place
            built.uses[member.stamp, default: 0] += 1
        }
        index = built
    }

    /// The members in the order of JavaScript's properties.
    var sorted: [Member] { all.sorted { PropertyKey.objectOrder($0.key, $1.key) } }

    /// Appends the members as a JSON object, in that order.
    func appendObject(to output: inout [UInt8]) {
        var writer = ObjectWriter()
        for member in sorted {
            writer.begin(member.key, in: &output)
            output.append(contentsOf: member.payload[member.value])
        }
        writer.end(in: &output)
    }
}
