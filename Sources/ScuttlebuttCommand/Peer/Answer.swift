// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

/// The JSON objects that answer commands, as bytes with a fixed key order.
enum Answer {
    /// Success: `{"ok":true}`.
    static let ok = Array("{\"ok\":true}".utf8)

    /// Failure: `{"error":"…"}`.
    static func error(_ message: String) -> [UInt8] {
        object { bytes in
            bytes += "\"error\":".utf8
            append(message, to: &bytes)
        }
    }

    /// `{"ok":true,"timestamp":T,"source":"ID"}`; both are null for an action that stayed local.
    static func dispatched(_ stamp: Stamp?) -> [UInt8] {
        object { bytes in
            bytes += "\"ok\":true,\"timestamp\":".utf8
            if let stamp {
                JSONNumber.append(stamp.timestamp.value, to: &bytes)
                bytes += ",\"source\":".utf8
                JSONString.encode(stamp.source.utf8, into: &bytes)
            } else {
                bytes += "null,\"source\":null".utf8
            }
        }
    }

    /// `{"connected":n,"synced":…,"pending":n,"invalid":n}`.
    static func status(_ status: ReplicaStatus) -> [UInt8] {
        let text =
            "{\"connected\":\(status.connected),\"synced\":\(status.isSynced),"
            + "\"pending\":\(status.pending),\"invalid\":\(status.refused)}"
        return Array(text.utf8)
    }

    /// `{"<name>":…}` for a value that is already JSON.
    static func value(_ name: String, _ json: [UInt8]) -> [UInt8] {
        object { bytes in
            append(name, to: &bytes)
            bytes.append(0x3A)
            appendOneLine(json, to: &bytes)
        }
    }

    /// All updates: `{"history":[[action,timestamp,"source"],…]}`.
    static func history(_ updates: [Update], keepsTails: Bool) -> [UInt8] {
        object { bytes in
            bytes += "\"history\":[".utf8
            for (index, update) in updates.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                append(update, keepsTail: keepsTails, to: &bytes)
            }
            bytes.append(0x5D)
        }
    }

    /// One update: `{"update":[…]}`.
    static func update(_ update: Update) -> [UInt8] {
        object { bytes in
            bytes += "\"update\":".utf8
            append(update, keepsTail: true, to: &bytes)
        }
    }

    /// `{"id":"ID","clock":{…}}`: our own source first, the others ordered by UTF-16 code units.
    static func clock(_ own: Source, _ clock: VersionVector) -> [UInt8] {
        object { bytes in
            bytes += "\"id\":".utf8
            JSONString.encode(own.utf8, into: &bytes)
            bytes += ",\"clock\":{".utf8
            var entries = clock.entries.filter { $0.source != own }
            if let newest = clock[own] { entries.insert((own, newest), at: 0) }
            for (index, entry) in entries.enumerated() {
                if index > 0 { bytes.append(0x2C) }
                JSONString.encode(entry.source.utf8, into: &bytes)
                bytes.append(0x3A)
                JSONNumber.append(entry.timestamp.value, to: &bytes)
            }
            bytes.append(0x7D)
        }
    }

    /// `{"event":"<name>",…}` with members given as names and JSON texts.
    static func event(_ name: String, _ members: [(String, [UInt8])]) -> [UInt8] {
        object { bytes in
            bytes += "\"event\":".utf8
            append(name, to: &bytes)
            for (key, value) in members {
                bytes.append(0x2C)
                append(key, to: &bytes)
                bytes.append(0x3A)
                bytes += value
            }
        }
    }

    /// Encodes text as a JSON string.
    static func string(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        append(text, to: &bytes)
        return bytes
    }

    private static func object(_ body: (inout [UInt8]) -> Void) -> [UInt8] {
        var bytes: [UInt8] = [0x7B]
        body(&bytes)
        bytes.append(0x7D)
        return bytes
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        JSONString.encode(Array(text.utf8), into: &bytes)
    }

    private static func append(
        _ update: Update, keepsTail: Bool, to bytes: inout [UInt8]
    ) {
        let shown = Update(
            payload: update.payload, timestamp: update.timestamp, source: update.source,
            tail: keepsTail ? update.tail : nil)
        var line: [UInt8] = []
        ClassicWire.append(shown, to: &line)
        appendOneLine(line, to: &bytes)
    }

    /// Appends JSON with its line breaks replaced by spaces.
    ///
    /// A peer's JSON may contain line breaks between tokens, which would split our line. There are
    /// none inside strings.
    private static func appendOneLine(_ json: [UInt8], to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes += json
        guard json.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return }
        for index in start..<bytes.count where bytes[index] == 0x0A || bytes[index] == 0x0D {
            bytes[index] = 0x20
        }
    }
}
