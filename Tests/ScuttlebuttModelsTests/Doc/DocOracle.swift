// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport

/// One write of a random history, before it is bytes.
struct PlainWrite {
    let id: String
    /// `nil` removes the row.
    let members: [String: String]?
    let stamp: Stamp

    var update: Update {
        var text = "[\"\(id)\","
        if let members {
            let pairs = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
            text += "{" + pairs.joined(separator: ",") + "}]"
        } else {
            text += "null]"
        }
        return Update(
            payload: Array(text.utf8), timestamp: stamp.timestamp, source: stamp.source)
    }
}

/// What a document must hold, found by looking at every write again: obvious, and slow.
struct DocOracle {
    let writes: [PlainWrite]

    func removal(_ id: String) -> Stamp? {
        writes.filter { $0.id == id && $0.members == nil }.map(\.stamp).max()
    }

    /// The writes to a row that no removal hides.
    func live(_ id: String) -> [PlainWrite] {
        let removal = removal(id)
        return writes.filter { write in
            write.id == id && write.members != nil && removal.map { write.stamp > $0 } ?? true
        }
    }

    func winner(_ id: String, _ key: String) -> PlainWrite? {
        live(id).filter { $0.members?[key] != nil }.max { $0.stamp < $1.stamp }
    }

    var ids: [String] { Set(writes.map(\.id)).filter { !live($0).isEmpty }.sorted() }

    func members(_ id: String) -> [String: String] {
        var result: [String: String] = [:]
        for key in Set(live(id).flatMap { $0.members.map { Array($0.keys) } ?? [] }) {
            result[key] = winner(id, key)?.members?[key]
        }
        return result
    }

    /// The ids and keys of the tests are plain letters, so that every sensible order agrees.
    var dump: String {
        let rows = ids.map { id in
            let pairs = members(id).sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
            return "\"\(id)\":{" + pairs.joined(separator: ",") + "}"
        }
        return "{" + rows.joined(separator: ",") + "}"
    }

    /// The stamps of the updates that must be kept, and no others.
    var kept: [Stamp] {
        var stamps: Set<Stamp> = []
        for id in Set(writes.map(\.id)) {
            if let removal = removal(id) { stamps.insert(removal) }
            for write in live(id) {
                for key in write.members?.keys.map({ $0 }) ?? [] {
                    if let winner = winner(id, key) { stamps.insert(winner.stamp) }
                }
            }
            if let newest = live(id).max(by: { $0.stamp < $1.stamp }),
                newest.members?.isEmpty == true
            {
                stamps.insert(newest.stamp)
            }
        }
        return stamps.sorted()
    }

    /// The ids of the rows whose key `list` is `"x"`, by `_sort`, then id.
    var sequence: [String] {
        ids.filter { members($0)["list"] == "\"x\"" }
            .map { id -> (String, String) in
                let sort = members(id)["_sort"].flatMap { text in
                    text.count > 2 && text.hasPrefix("\"")
                        ? String(text.dropFirst().dropLast()) : nil
                }
                return (sort ?? id, id)
            }
            .sorted { $0 < $1 }.map(\.1)
    }
}

extension SplitMix64 {
    /// A random history of three sources that write to few rows and keys, so that they collide.
    mutating func docHistory(_ count: Int = 30, isWide: Bool = false) -> [PlainWrite] {
        var clocks = [1.0, 1.0, 1.0]
        return (0..<count).map { _ in
            let writer = Int(next() % 3)
            clocks[writer] += Double(next() % 3 + 1)
            let id = ["a", "b", "c", "d"][Int(next() % 4)]
            return PlainWrite(
                id: id, members: isWide ? wideMembers() : docMembers(),
                stamp: update(["P", "Q", "R"][writer], clocks[writer], "0").stamp)
        }
    }

    private mutating func docMembers() -> [String: String]? {
        if next() % 6 == 0 { return nil }
        var members: [String: String] = [:]
        for _ in 0..<(next() % 4) {
            let key = ["k", "l", "list", "_sort"][Int(next() % 4)]
            switch key {
            case "list": members[key] = ["\"x\"", "\"y\"", "null"][Int(next() % 3)]
            case "_sort": members[key] = ["\"B\"", "\"V\"", "\"k\"", "7", "\"\""][Int(next() % 5)]
            default: members[key] = "\(next() % 9)"
            }
        }
        return members
    }

    /// So many keys that a row needs an index of them.
    private mutating func wideMembers() -> [String: String]? {
        if next() % 9 == 0 { return nil }
        var members: [String: String] = [:]
        for _ in 0..<(next() % 20) { members["k\(next() % 40 + 10)"] = "\(next() % 9)" }
        return members
    }

    /// An order of delivery in which each source's updates ascend, with duplicates among them.
    mutating func delivery(of writes: [PlainWrite]) -> [Update] {
        var queues = Dictionary(grouping: writes, by: \.stamp.source).sorted { $0.key < $1.key }
            .map { $0.value.sorted { $0.stamp < $1.stamp }.map(\.update) }
        var result: [Update] = []
        while queues.contains(where: { !$0.isEmpty }) {
            let index = Int(next() % UInt64(queues.count))
            guard !queues[index].isEmpty else { continue }
            result.append(queues[index].removeFirst())
            if next() % 4 == 0, let again = result.randomElement(using: &self) {
                result.append(again)
            }
        }
        return result
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
