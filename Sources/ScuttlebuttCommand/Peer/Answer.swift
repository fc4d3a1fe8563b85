// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import ScuttlebuttRuntime

/// The JSON objects that answer commands, as bytes with a fixed key order.
enum Answer {
    /// Success: `{"ok":true}`.
    static let ok = Array("{\"ok\":true}".utf8)

    static let null = Array("null".utf8)

    /// Failure: `{"error":"…"}`.
    static func error(_ message: String) -> [UInt8] { object([("error", string(message))]) }

    /// `{"ok":true,"timestamp":T,"source":"ID"}`; both are null for an action that stayed local.
    static func dispatched(_ stamp: Stamp?) -> [UInt8] {
        object([
            ("ok", Array("true".utf8)),
            ("timestamp", stamp.map { number($0.timestamp.value) } ?? null),
            ("source", stamp.map { string($0.source.text) } ?? null),
        ])
    }

    /// `{"connected":n,"synced":…,"pending":n,"invalid":n}`.
    static func status(_ status: ReplicaStatus) -> [UInt8] {
        let text =
            "{\"connected\":\(status.connected),\"synced\":\(status.isSynced),"
            + "\"pending\":\(status.pending),\"invalid\":\(status.refused)"
            + (status.setAside > 0 ? ",\"setAside\":\(status.setAside)}" : "}")
        return Array(text.utf8)
    }

    /// `{"<name>":…}` for a value that is already JSON, or `null` if there is none.
    static func value(_ name: String, _ json: [UInt8]?) -> [UInt8] {
        object([(name, json.map(oneLine) ?? null)])
    }

    /// `{"<name>":["…",…]}`.
    static func value(_ name: String, _ keys: [PropertyKey]) -> [UInt8] {
        object([(name, array(keys) { $0.append(to: &$1) })])
    }

    /// All updates: `{"history":[[action,timestamp,"source"],…]}`.
    static func history(_ updates: [Update], keepsTails: Bool) -> [UInt8] {
        object([("history", array(updates) { $1 += line($0, keepsTail: keepsTails) })])
    }

    /// One update: `{"update":[…]}`.
    static func update(_ update: Update) -> [UInt8] {
        object([("update", line(update, keepsTail: true))])
    }

    /// `{"id":"ID","clock":{…}}`: our own source first, the others ordered by UTF-16 code units.
    static func clock(_ own: Source, _ clock: VersionVector) -> [UInt8] {
        var entries = clock.entries.filter { $0.source != own }
        if let newest = clock[own] { entries.insert((own, newest), at: 0) }
        return object([
            ("id", string(own.text)),
            ("clock", object(entries.map { ($0.source.text, number($0.timestamp.value)) })),
        ])
    }

    /// `{"presence":[{"source":"ID","value":{…}},…]}`, ordered by source.
    static func presence(_ others: [PresentPeer]) -> [UInt8] {
        object([
            (
                "presence",
                array(others) { peer, bytes in
                    bytes += object([
                        ("source", string(peer.source.text)), ("value", oneLine(peer.json)),
                    ])
                }
            )
        ])
    }

    /// `{"event":"<name>",…}` with members given as names and JSON texts.
    static func event(_ name: String, _ members: [(String, [UInt8])]) -> [UInt8] {
        object([("event", string(name))] + members)
    }

    /// Encodes text as a JSON string.
    static func string(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONString.encode(Array(text.utf8), into: &bytes)
        return bytes
    }

    /// An object with members given as names and JSON texts.
    static func object(_ members: [(String, [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = [0x7B]
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            bytes += string(member.0)
            bytes.append(0x3A)
            bytes += member.1
        }
        bytes.append(0x7D)
        return bytes
    }

    private static func array<Element>(
        _ elements: [Element], _ append: (Element, inout [UInt8]) -> Void
    ) -> [UInt8] {
        var bytes: [UInt8] = [0x5B]
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(0x2C) }
            append(element, &bytes)
        }
        bytes.append(0x5D)
        return bytes
    }

    /// Prints a number as JavaScript does.
    static func number(_ value: Double) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONNumber.append(value, to: &bytes)
        return bytes
    }

    private static func line(_ update: Update, keepsTail: Bool) -> [UInt8] {
        let shown = Update(
            payload: update.payload, timestamp: update.timestamp, source: update.source,
            tail: keepsTail ? update.tail : nil)
        var line: [UInt8] = []
        ClassicWire.append(shown, to: &line)
        return oneLine(line)
    }

    /// JSON with its line breaks replaced by spaces.
    ///
    /// A peer's JSON may contain line breaks between tokens, which would split our line. There are
    /// none inside strings.
    private static func oneLine(_ json: [UInt8]) -> [UInt8] {
        guard json.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return json }
        return json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }
}
