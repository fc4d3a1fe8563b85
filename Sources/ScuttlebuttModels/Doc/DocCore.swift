// SPDX-License-Identifier: MIT

import Scuttlebutt

/// A replicated document whose values have no type yet: rows, retained updates and declared views.
struct DocCore: Sendable {
    private(set) var rows: [PropertyKey: DocRow] = [:]
    /// The number of existing rows.
    private(set) var count = 0
    private(set) var views = DocViews()
    private(set) var log = UpdateLog()

    func row(_ id: PropertyKey) -> DocRow? {
        guard let row = rows[id], row.exists else { return nil }
        return row
    }

    /// A declared view.
    ///
    /// Asking for an undeclared view is a programming error.
    func view(_ name: PropertyKey) -> DocView {
        guard let view = views[name] else {
            preconditionFailure("no set or sequence of this name is declared")
        }
        return view
    }

    /// A declared view that has an order of its own.
    func sequence(_ name: PropertyKey) -> DocView {
        let view = view(name)
        precondition(view.isSequence, "this name belongs to a set, not to a sequence")
        return view
    }

    mutating func declare(_ view: DocView) { views.declare(view, rows: rows) }

    mutating func apply(_ update: Update, changes: inout [DocChange]?) -> Application {
        let write: DocWrite
        do throws(MalformedUpdateError) {
            write = try DocWrite.read(update.payload)
        } catch {
            return .refused(error.reason)
        }
        // The log refuses an update that has been applied before.
        guard log.append(update) else { return .applied }
        let stamp = update.stamp
        let before = views.isEmpty ? [] : rows[write.id].map { views.matching($0.members) } ?? []
        let existed = rows[write.id]?.exists ?? false
        var members: [DocChange.Member] = []
        let isKept: Bool
        var didChange: Bool
        switch write.content {
        case .members(let pairs):
            (isKept, didChange) = set(
                pairs, of: write.id, in: update, members: &members, describes: changes != nil)
        case .removal:
            (isKept, didChange) = remove(
                write.id, at: stamp, members: &members, describes: changes != nil)
        }
        if !isKept { log.discard(stamp) }
        let row = row(write.id)
        if existed != (row != nil) { count += existed ? -1 : 1 }
        guard didChange else { return .applied }
        changes?.append(
            .row(
                DocChange.Row(
                    id: write.id, kind: row == nil ? .removed : existed ? .updated : .added,
                    members: members)))
        if !views.isEmpty {
            views.update(write.id, before: before, row?.members) { changes?.append($0) }
        }
        return .applied
    }

    /// Sets keys of a row.
    ///
    /// - Returns: Whether the update must be retained, and whether it had a visible effect.
    private mutating func set(
        _ pairs: [(key: PropertyKey, value: Range<Int>)], of id: PropertyKey, in update: Update,
        members: inout [DocChange.Member], describes: Bool
    ) -> (isKept: Bool, didChange: Bool) {
        let stamp = update.stamp
        var superseded: [Stamp] = []
        var wins = 0
        let result = { (row: inout DocRow) -> (isKept: Bool, didChange: Bool) in
            guard !row.hides(stamp) else { return (false, false) }
            let existed = row.exists
            for pair in pairs {
                let old = describes ? row.members[pair.key] : nil
                let outcome = row.set(
                    RowMembers.Member(
                        key: pair.key, stamp: stamp, payload: update.payload, value: pair.value))
                guard case .won(let loser) = outcome else { continue }
                wins += 1
                if let loser { superseded.append(loser) }
                guard describes else { continue }
                members.append(
                    DocChange.Member(
                        key: pair.key, oldBytes: old?.bytes,
                        newBytes: Array(update.payload[pair.value])))
            }
            let note = row.note(stamp, isEmpty: pairs.isEmpty)
            if let loser = note.superseded { superseded.append(loser) }
            return (wins > 0 || note.isKept, wins > 0 || !existed)
        }(&rows[id, default: DocRow()])
        for loser in superseded { log.discard(loser) }
        return result
    }

    private mutating func remove(
        _ id: PropertyKey, at stamp: Stamp, members: inout [DocChange.Member], describes: Bool
    ) -> (isKept: Bool, didChange: Bool) {
        let existed = rows[id]?.exists ?? false
        guard let removed = rows[id, default: DocRow()].remove(at: stamp) else {
            return (false, false)
        }
        for loser in removed.superseded { log.discard(loser) }
        if describes {
            members = removed.members.sorted { PropertyKey.objectOrder($0.key, $1.key) }.map {
                DocChange.Member(key: $0.key, oldBytes: $0.bytes, newBytes: nil)
            }
        }
        return (true, existed && (rows[id]?.exists != true || !removed.members.isEmpty))
    }
}

extension DocCore: Dumpable {
    /// Appends an object of rows, each an object of its keys.
    ///
    /// Removed rows are left out.
    func appendDump(to output: inout [UInt8]) {
        var writer = ObjectWriter()
        for id in sortedIDs {
            guard let row = rows[id] else { continue }
            writer.begin(id, in: &output)
            row.members.appendObject(to: &output)
        }
        writer.end(in: &output)
    }

    /// The ids of the existing rows, in the order of JavaScript's properties.
    var sortedIDs: [PropertyKey] {
        rows.lazy.filter(\.value.exists).map(\.key).sorted(by: PropertyKey.objectOrder)
    }
}
