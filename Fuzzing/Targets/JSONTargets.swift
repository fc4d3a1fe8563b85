// SPDX-License-Identifier: MIT

@testable import Scuttlebutt

extension FuzzTarget {
    /// What the scanner accepts, where values end, and which bounds they exceed: as the oracle.
    static let jsonScanner = FuzzTarget("json-scanner", dictionary: "json") { bytes in
        // The two first bytes choose small bounds, so that they are exceeded at all.
        guard bytes.count > 2 else { return }
        let bounds = JSONBounds(
            depth: Int(bytes[0] & 15), stringByteCount: Int(bytes[0] >> 4),
            elementCount: Int(bytes[1]))
        let input = Array(bytes[2...])
        var oracle = NaiveReader(input)
        let isValue = oracle.value() != nil
        let exceeds =
            oracle.deepest > bounds.depth || oracle.longestString > bounds.stringByteCount
            || oracle.elementCount > bounds.elementCount
        try input.withUnsafeBufferPointer { buffer in
            let scanner = JSONScanner(buffer, bounds: bounds)
            let extent = try? scanner.measureValue(at: 0)
            try expect((extent != nil) == isValue, "a value for one reader only")
            guard let extent else { return }
            try expect(extent.end == oracle.index, "ends at \(extent.end), not \(oracle.index)")
            try expect((extent.excess != nil) == exceeds, "excess: \(String(describing: extent))")
            let isWhole = (try? JSONScanner(buffer).validate()) != nil
            try expect(isWhole == (NaiveJSON(input) != nil), "valid for one reader only")
        }
    }

    /// Strings are decoded as the oracle does, and what is encoded is decoded to the same.
    static let jsonString = FuzzTarget("json-string", dictionary: "json") { bytes in
        let literal = [0x22] + bytes
        var oracle = NaiveReader(literal, at: 1)
        let units = oracle.string()
        try literal.withUnsafeBufferPointer { buffer in
            let end = try? JSONScanner(buffer).skipString(at: 0)
            try expect(end == (units == nil ? nil : oracle.index), "a string for one reader only")
            var replaced: [UInt8] = []
            let decoded = try? JSONString.decode(buffer, at: 0, into: &replaced)
            let general = try? JSONString.decoded(buffer, at: 0, loneSurrogates: .generalised)
            guard let units else { return }
            try expect(decoded?.end == oracle.index, "decoding ends elsewhere")
            try expect(replaced == Array(String(decoding: units, as: UTF16.self).utf8), "replaced")
            let isLone = String(validating: units, as: UTF16.self) == nil
            try expect(decoded?.hasLoneSurrogate == isLone, "lone surrogates overlooked")
            try expect(isLone == (general != replaced), "generalised: \(general ?? [])")
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { return }
        for isFrame in [false, true] {
            var encoded: [UInt8] = [0x5B]
            if isFrame {
                JSONString.encodeForFrame(bytes, into: &encoded)
            } else {
                JSONString.encode(bytes, into: &encoded)
            }
            try encoded.withUnsafeBufferPointer { buffer in
                let end = try JSONScanner(buffer).skipString(at: 1)
                try expect(end == buffer.count, "what was encoded ends early")
                try expect(try JSONString.decoded(buffer, at: 1) == bytes, "not the same text")
            }
        }
    }

    /// Walks over bytes that nobody validated stay inside of them, and end.
    static let jsonMembers = FuzzTarget(
        "json-members", dictionary: "json", maximumByteCount: 96
    ) { bytes in
        try bytes.withUnsafeBufferPointer { buffer in
            let all = 0...buffer.count
            for offset in all {
                for end in [
                    JSONTrusted.endOfString(buffer, at: offset),
                    JSONTrusted.endOfValue(buffer, at: offset),
                    JSONTrusted.skipWhitespace(buffer, at: offset),
                ] {
                    try expect(end >= min(offset, buffer.count) && all.contains(end), "outside")
                }
                var output: [UInt8] = []
                _ = try? JSONString.decode(buffer, at: offset, into: &output)
                _ = JSONNumber.parse(buffer, offset..<buffer.count)
                _ = JSONNumber.parseInteger(buffer, offset..<buffer.count)
            }
            guard var walk = JSONMembers(buffer) else { return }
            var end = 0
            while let member = walk.next() {
                try expect(member.key.lowerBound >= end, "a key inside of the member before")
                try expect(member.value.lowerBound >= member.key.upperBound, "value before key")
                try expect(member.value.upperBound > member.value.lowerBound, "an empty value")
                try expect(member.value.upperBound <= buffer.count, "beyond the end")
                end = member.value.upperBound
                _ = JSONMembers.key(member.key, in: buffer, is: "type")
            }
        }
        _ = ActionShape.inspect(bytes)
        _ = JSONMeaning.canonical(bytes, dropsEmptyMeta: true)
    }

    /// Two values, one line each, mean the same exactly when the oracle says so.
    static let jsonMeaning = FuzzTarget("json-meaning", dictionary: "json") { bytes in
        let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let (a, b) = (Array(parts[0]), Array(parts[1]))
        for meaning in [JSONMeaning.areEqual, JSONMeaning.areEqualActions] {
            try expect(meaning(a, a) && meaning(b, b), "not equal to itself")
            try expect(meaning(a, b) == meaning(b, a), "equal in one direction only")
            // Another allocation: equality may not hang on the storage.
            try expect(meaning(a, a + []), "not equal to its copy")
        }
        guard let left = NaiveJSON(a), let right = NaiveJSON(b) else { return }
        try expect(JSONMeaning.areEqual(a, b) == (left == right), "the oracle disagrees")
        try expect(
            JSONMeaning.areEqualActions(a, b) == (left.withoutEmptyMeta == right.withoutEmptyMeta),
            "the oracle disagrees on actions")
        for (bytes, tree) in [(a, left), (b, right)] {
            try expect(isAction(bytes) == isAction(tree), "the oracle disagrees on the shape")
        }
    }

    private static func isAction(_ payload: [UInt8]) -> Bool {
        if case .action = ActionShape.inspect(payload) { true } else { false }
    }

    static func isAction(_ tree: NaiveJSON) -> Bool {
        guard case .string(let type)? = tree["type"], !type.isEmpty else { return false }
        switch tree["meta"] {
        case nil, .object: return true
        case .null, .bool, .number, .string, .array: return false
        }
    }
}
