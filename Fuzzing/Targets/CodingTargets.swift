// SPDX-License-Identifier: MIT

import Scuttlebutt

@testable import ScuttlebuttCoding

extension FuzzTarget {
    /// Trees of JSON are what the oracle reads, and write themselves so that they read back.
    static let jsonValue = FuzzTarget("json-value", dictionary: "json") { bytes in
        let tree = NaiveJSON(bytes)
        let bounds = JSONBounds(depth: 600)
        let value = try? JSONValue(bytes, bounds: bounds)
        try expect((value != nil) == (tree != nil), "a value for one reader only")
        guard let value, let tree else { return }
        let written = value.bytes
        let again = try JSONValue(written, bounds: bounds)
        try expect(again == value, "reads back as another: \(text(written))")
        try expect(again.bytes == written, "writes itself differently: \(text(written))")
        let encoded = try JSONEncoding().encode(value)
        try expect(encoded == written, "encodes as \(text(encoded)), writes \(text(written))")
        let decoded = try JSONDecoding(bounds: bounds).decode(JSONValue.self, from: bytes)
        try expect(decoded.bytes == written, "decodes as \(text(decoded.bytes))")
        // Half a surrogate pair has become another character.
        guard !hasLoneSurrogate(tree) else { return }
        try expect(NaiveJSON(written) == tree, "not what was read: \(text(written))")
        try expect(JSONMeaning.areEqual(written, bytes), "of another meaning")
    }

    private static func hasLoneSurrogate(_ tree: NaiveJSON) -> Bool {
        switch tree {
        case .null, .bool, .number: false
        case .string(let units): String(validating: units, as: UTF16.self) == nil
        case .array(let elements): elements.contains(where: hasLoneSurrogate)
        case .object(let members):
            members.contains {
                hasLoneSurrogate(.string($0.key)) || hasLoneSurrogate($0.value)
            }
        }
    }

    /// Values of many shapes decode without a trap; what decodes encodes and decodes to the same.
    static let jsonCoding = FuzzTarget("json-coding", dictionary: "json") { bytes in
        guard let shape = bytes.first else { return }
        let json = Array(bytes[1...])
        switch shape % 8 {
        case 0: try checkRoundTrip(FuzzRecord.self, json)
        case 1: try checkRoundTrip([FuzzRecord?].self, json)
        case 2: try checkRoundTrip([String: [Int: Bool]].self, json)
        case 3: try checkRoundTrip([FuzzAction].self, json)
        case 4: try checkRoundTrip([Double?].self, json)
        case 5: try checkRoundTrip([String].self, json)
        case 6: try checkRoundTrip([Float].self, json)
        default: try checkRoundTrip([UInt8: Int64].self, json)
        }
    }

    private static func checkRoundTrip<T: Codable & Equatable>(
        _ type: T.Type, _ json: [UInt8]
    ) throws {
        guard let value = try? JSONDecoding().decode(type, from: json) else { return }
        try expect(NaiveJSON(json) != nil, "decoded from no JSON")
        let encoded = try JSONEncoding().encode(value)
        try expect(NaiveJSON(encoded) != nil, "encoded to no JSON: \(text(encoded))")
        let again = try JSONDecoding().decode(type, from: encoded)
        try expect(again == value, "\(value) became \(again)")
        try expect(try JSONEncoding().encode(again) == encoded, "encoded in two ways: \(value)")
    }

    /// Actions in the flat form decode without a trap; what decodes is an action, and stays one.
    static let actionCodec = FuzzTarget("action-codec", dictionary: "json") { bytes in
        if let action = try? ActionCodec<FuzzAction>.flat.decode(bytes) {
            try expect(NaiveJSON(bytes) != nil, "decoded from no JSON")
            let payload = try ActionCodec<FuzzAction>.flat.encode(action)
            guard let tree = NaiveJSON(payload) else {
                throw Finding("encoded to no JSON: \(text(payload))")
            }
            try expect(isAction(tree), "encoded to no action: \(text(payload))")
            let again = try ActionCodec<FuzzAction>.flat.decode(payload)
            try expect(again == action, "\(action) became \(String(describing: again))")
        }
        let raw = RawAction(payload: bytes)
        _ = try? ActionCodec<RawAction>.raw.decode(bytes)
        let isEncoded = (try? ActionCodec<RawAction>.raw.encode(raw)) != nil
        let tree = NaiveJSON(bytes)
        try expect(isEncoded == (tree.map(isAction) ?? false), "raw actions: \(raw.type)")
        guard isEncoded, case .string(let type)? = tree?["type"] else { return }
        try expect(raw.type == String(decoding: type, as: UTF16.self), "another type: \(raw.type)")
    }
}

/// A bit of everything that `Codable` can ask for.
struct FuzzRecord: Codable, Equatable, Sendable {
    indirect enum Tree: Codable, Equatable, Sendable {
        case leaf
        case node(Tree, weight: Int?, Tree)
    }

    var a: Int?
    var b: Bool?
    var c: String?
    var d: Double?
    var e: [Int8]?
    var f: [String: FuzzRecord]?
    var g: Tree?
    var h: UInt64?
    var i: JSONValue?
}

/// Actions of each form that the flat one distinguishes.
enum FuzzAction: GossipAction, Equatable {
    case a
    case b(Int)
    case c(text: String)
    case d(Bool?, Double, name: String?)
    case e([FuzzRecord])
    case f(JSONValue)
    case g(FuzzSuit)
}

/// An enumeration of raw strings.
enum FuzzSuit: String, Codable, Sendable {
    case spades
    case hearts
}
