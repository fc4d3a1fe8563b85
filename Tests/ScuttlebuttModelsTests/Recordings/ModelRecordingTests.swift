// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

/// The updates of a conversation between two originals.
struct RecordedUpdates {
    /// In the order in which they crossed the wire, echoes included.
    let updates: [Update]

    init(_ name: String) throws {
        var decoder = LineDecoder(wire: ClassicWire(rules: .upstream))
        updates = try Fixtures.recording(name).compactMap { line in
            guard let data = line.data, data.hasPrefix("["),
                case .message(.update(let update)) = try decoder.decode(Array(data.utf8.dropLast()))
            else { return nil }
            return update
        }
    }
}

@Suite("The models in recordings of the originals", .timeLimit(.minutes(20)))
struct ModelRecordingTests {
    /// Takes a recording in three orders, and expects the same of all.
    private func expect<Value: Replicated & Dumpable>(
        _ name: String, _ value: Value, dumps expected: String
    ) throws {
        let recorded = try RecordedUpdates(name).updates
        #expect(!recorded.isEmpty)
        let bySource = recorded.sorted { ($0.source, $0.timestamp) < ($1.source, $1.timestamp) }
        let agreed = recorded.sorted { $0.stamp < $1.stamp }
        for order in [recorded, bySource, agreed] {
            var copy = value
            for update in order { #expect(copy.apply(update) == .applied) }
            #expect(dumpText(copy) == expected)
            #expect(Set(recorded).isSuperset(of: copy.history(since: VersionVector())))
        }
    }

    @Test("model")
    func model() throws {
        let expected =
            #"{"a":3,"b":{"x":[1,2]},"c":"later","k0":0,"k1":1,"k2":2,"#
            + #""z":"from client before connect"}"#
        try expect("model", ReplicatedModel<JSONValue>(), dumps: expected)
    }

    @Test("events")
    func events() throws {
        try expect(
            "events", ReplicatedEvents<JSONValue>(),
            dumps: #"{"chat":[{"m":1}],"greet":["hi","yo"],"k":[0,1,2],"x":[null]}"#)
    }

    @Test("r-value")
    func value() throws {
        try expect("r-value", ReplicatedValue<JSONValue>(), dumps: #""three""#)
    }

    @Test("append-only")
    func appendOnly() throws {
        try expect(
            "append-only", ReplicatedAppendOnly<JSONValue>(),
            dumps: #"[{"t":"one"},{"t":"two"},{"t":"three"},{"t":"four"}]"#)
    }

    @Test("expiry-model")
    func expiryModel() throws {
        try expect(
            "expiry-model", ReplicatedExpiryModel<JSONValue>(), dumps: #"{"a":{"x":1,"y":2}}"#)
    }

    @Test("scuttlebucket, with a part that nobody declared")
    func bucket() throws {
        let bucket = ReplicatedBucket([
            "model": ReplicatedModel<JSONValue>(), "events": ReplicatedEvents<JSONValue>(),
        ])
        try expect(
            "scuttlebucket", bucket,
            dumps: #"{"events":{"chat":["z"],"greet":["hi"]},"model":{"k":2}}"#)
    }

    @Test("scuttlebucket, with a list")
    func bucketWithList() throws {
        let bucket = ReplicatedBucket([
            "model": ReplicatedModel<JSONValue>(), "events": ReplicatedEvents<JSONValue>(),
            "list": ReplicatedArray<JSONValue>(source: source("A")),
        ])
        try expect(
            "scuttlebucket", bucket,
            dumps: #"{"events":{"chat":["z"],"greet":["hi"]},"list":["x","y"],"model":{"k":2}}"#)
    }
}
