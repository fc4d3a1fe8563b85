// SPDX-License-Identifier: MIT

@testable import Scuttlebutt

extension FuzzTarget {
    /// Lines of the classic wire are what the oracle says, and are relayed byte for byte.
    static let lineDecoder = FuzzTarget("line-decoder", dictionary: "wire") { bytes in
        guard let mode = bytes.first else { return }
        let wire = ClassicWire(
            rules: mode & 1 == 0 ? .upstream : .fork,
            bounds: mode & 2 == 0
                ? nil
                : JSONBounds(
                    depth: Int(mode >> 2 & 7), stringByteCount: Int(mode >> 5) * 4,
                    elementCount: Int(mode >> 4)))
        var decoder = LineDecoder(wire: wire)
        for line in bytes[1...].split(separator: 0x0A, omittingEmptySubsequences: false) {
            try checkLine(Array(line), &decoder)
        }
    }

    private static func checkLine(_ line: [UInt8], _ decoder: inout LineDecoder) throws {
        let tree = NaiveJSON(line)
        let isBlank = line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
        let decoded: DecodedLine
        do throws(SessionError) {
            decoded = try decoder.decode(line)
        } catch {
            if error.code == .notJSON {
                return try expect(tree == nil && !isBlank, "JSON called none: \(error.message)")
            }
            let isTruthy = tree?["clock"].map(isTruthy) ?? false
            return try expect(
                error.code == .digestWithoutClock && !isTruthy, "\(error.message)")
        }
        guard let tree else { return try expect(isBlank, "no JSON, yet \(decoded)") }
        switch decoded {
        case .ignored:
            if case .array = tree { throw Finding("an array is ignored") }
            if case .object = tree { throw Finding("an object is ignored") }
            for word in ["SYNC", "PING", "PONG"] {
                try expect(tree != .string(Array(word.utf16)), "\(word) is ignored")
            }
        case .message(.sync):
            try expect(tree == .string(Array("SYNC".utf16)), "no SYNC")
        case .message(.probe):
            try expect(tree == .string(Array("PING".utf16)), "no PING")
        case .message(.probeAnswer):
            try expect(tree == .string(Array("PONG".utf16)), "no PONG")
        case .message(.refusal(let stamp)):
            guard case .string(let units) = tree else { throw Finding("no string refuses") }
            let text = String(decoding: units, as: UTF16.self)
            try expect(
                text.hasPrefix("REFUSED ") && text.hasSuffix(" \(stamp.source.text)"), text)
        case .message(.presence(let news)):
            try checkPresence(news, tree)
        case .message(.digest(let digest)):
            try checkDigest(digest, tree, decoder.wire)
        case .message(.update(let update)):
            try checkUpdate(update, line, tree, decoder.wire)
        case .refused(let refusal):
            try checkRefusal(refusal, tree, decoder.wire)
        }
    }

    /// News says exactly what its text says, and a relay writes the same.
    private static func checkPresence(_ news: PresenceNews, _ tree: NaiveJSON) throws {
        guard case .string(let units) = tree else { throw Finding("no string is news") }
        var fields = [news.value == nil ? "GONE" : "HERE", "\(news.sequence)", "\(news.lifetime)"]
        if let value = news.value {
            guard case .object = NaiveJSON(value) else { throw Finding("a presence is no object") }
            try expect(value.count <= PresenceNews.maximumValueByteCount, "a long presence")
            fields.append(String(decoding: value, as: UTF8.self))
        }
        fields.append(news.source.text)
        let text = String(decoding: units, as: UTF16.self)
        try expect(text.utf8.elementsEqual(fields.joined(separator: " ").utf8), text)
        var block = WireBlock()
        news.append(to: &block)
        var decoder = LineDecoder(wire: ClassicWire(rules: .upstream))
        let again = try decoder.decode(Array(block.bytes.dropLast()))
        try expect(again == .message(.presence(news)), "relayed as something else: \(text)")
    }

    /// Whether JavaScript takes a value for true.
    private static func isTruthy(_ value: NaiveJSON) -> Bool {
        switch value {
        case .null, .bool(false): false
        case .number(let number): number != 0
        case .string(let units): !units.isEmpty
        case .bool(true), .array, .object: true
        }
    }

    private static func checkDigest(
        _ digest: Digest, _ tree: NaiveJSON, _ wire: ClassicWire
    ) throws {
        guard let clock = tree["clock"], isTruthy(clock) else {
            throw Finding("a digest without a clock")
        }
        if case .object(let members) = clock {
            try expect(digest.vector.count <= members.count, "more sources than members")
        }
        for form in [HeaderForm.upstream, .fork] {
            var block = WireBlock()
            wire.append(digest, form: form, to: &block)
            let written = Array(block.bytes.dropLast())
            var fresh = LineDecoder(wire: wire)
            guard case .message(.digest(let read)) = try? fresh.decode(written) else {
                throw Finding("our own header cannot be read: \(text(written))")
            }
            try expect(read.vector == digest.vector, "the clock changed: \(text(written))")
            try expect(read.meta == digest.meta, "the meta changed: \(text(written))")
            try expect(
                digest.source == nil || read.source == digest.source, "the source changed")
        }
    }

    private static func checkUpdate(
        _ update: Update, _ line: [UInt8], _ tree: NaiveJSON, _ wire: ClassicWire
    ) throws {
        guard case .array(let elements) = tree, elements.count >= 3,
            case .number(let number) = elements[1], case .string(let units) = elements[2]
        else { throw Finding("an update of another shape") }
        try expect(update.timestamp.value == number, "\(update.timestamp) is not \(number)")
        try expect(Array(update.source.text.utf16) == units, "another source")
        try expect(NaiveJSON(update.payload) == elements[0], "another payload")
        try expect(wire.rules == .upstream || isAction(elements[0]), "no action, yet accepted")
        var written: [UInt8] = []
        ClassicWire.append(update, to: &written)
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0D].contains($0) }
        let bare = line.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        try expect(written.elementsEqual(bare), "relayed as \(text(written))")
        var fresh = LineDecoder(wire: wire)
        guard case .message(.update(let read)) = try? fresh.decode(written) else {
            throw Finding("what is relayed is no update: \(text(written))")
        }
        try expect(read == update, "relaying changes the update")
    }

    /// With bounds that a line cannot exceed, an update is refused only for what the oracle sees.
    private static func checkRefusal(
        _ refusal: Refusal, _ tree: NaiveJSON, _ wire: ClassicWire
    ) throws {
        if refusal.reason == .presence {
            guard case .string(let units) = tree else { throw Finding("no string is no news") }
            let text = String(decoding: units, as: UTF16.self)
            return try expect(text.hasPrefix("HERE ") || text.hasPrefix("GONE "), text)
        }
        guard case .array(let elements) = tree else { throw Finding("no array, yet refused") }
        guard refusal.reason != .depth, elements.count >= 3,
            case .number(let number) = elements[1], case .string(let units) = elements[2]
        else { return }
        let isTimestamp = number > 0 && number <= 9_007_199_254_740_991
        let name = String(validating: units, as: UTF16.self).flatMap { Source($0) }
        let isSource =
            name.map {
                $0.utf8.count <= 1_024 && (wire.rules == .upstream || !$0.isObjectPrototypeName)
            } ?? false
        let isValue = wire.rules == .upstream || isAction(elements[0])
        try expect(
            !(isTimestamp && isSource && isValue), "refused without a reason: \(refusal.message)")
    }
}
