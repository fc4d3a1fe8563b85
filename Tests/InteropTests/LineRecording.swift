// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttModels
import TestSupport
import Testing

/// One conversation of two originals over plain TCP, with what our side does and holds in the end.
struct LineRecording: Sendable, CustomTestStringConvertible {
    /// The replicated types of the recordings.
    enum Kind: Sendable {
        case model, events, value, array, edit, appendOnly, expiryModel, doc, bucket
    }

    /// What was said, or that a half was ended.
    enum What: Sendable {
        case line(String, DecodedLine)
        case end
    }

    struct Event: Sendable {
        let side: Recording.Side
        let what: What
    }

    let name: String
    let kind: Kind
    /// Which side is ours.
    let ours: Recording.Side
    let options: SessionOptions
    /// What our side holds in the end, by hand from the recording.
    let dump: String

    var testDescription: String {
        "\(name), our side the \(ours == .server ? "server" : "client")"
    }

    init(
        _ name: String, _ kind: Kind, _ ours: Recording.Side, _ dump: String,
        _ options: SessionOptions = SessionOptions(), meta: String? = nil, isFork: Bool = false
    ) {
        (self.name, self.kind, self.ours, self.dump) = (name, kind, ours, dump)
        var options = options
        options.meta = meta.map { Array($0.utf8) }
        if isFork { options.headerForm = .fork }
        self.options = options
    }

    /// The name that our side writes as.
    var source: String { ours == .server ? "SERVER" : "CLIENT" }

    /// Everything that was said, in the order of the recording.
    func events() throws -> [Event] {
        var decoder = LineDecoder(wire: ClassicWire(rules: .upstream))
        return try Fixtures.recording(name).map { line in
            guard let data = line.data else { return Event(side: line.dir, what: .end) }
            let said = String(data.dropLast())
            return Event(side: line.dir, what: .line(said, try decoder.decode(Array(said.utf8))))
        }
    }

    // MARK: The recordings

    static let all: [LineRecording] = alike + oneSided + forks

    private static func both(
        _ name: String, _ kind: Kind, _ dump: String, _ options: SessionOptions = SessionOptions(),
        isFork: Bool = false
    ) -> [LineRecording] {
        [.server, .client].map {
            LineRecording(name, kind, $0, dump, options, isFork: isFork)
        }
    }

    private static var noTail: SessionOptions {
        var options = SessionOptions()
        options.tails = false
        return options
    }

    /// Both sides are ordinary and end alike.
    private static let alike: [LineRecording] =
        both(
            "model", .model,
            #"{"a":3,"b":{"x":[1,2]},"c":"later","k0":0,"k1":1,"k2":2,"#
                + #""z":"from client before connect"}"#)
        + both(
            "events", .events,
            #"{"chat":[{"m":1}],"greet":["hi","yo"],"k":[0,1,2],"x":[null]}"#)
        + both("r-value", .value, #""three""#)
        + both("r-array", .array, #"["a","B1","B2"]"#)
        + both("r-edit", .edit, #"["line1\n","lineX\n","line2\n",""]"#)
        + both(
            "append-only", .appendOnly, #"[{"t":"one"},{"t":"two"},{"t":"three"},{"t":"four"}]"#)
        + both(
            "scuttlebucket", .bucket,
            #"{"events":{"chat":["z"],"greet":["hi"]},"list":["x","y"],"model":{"k":2}}"#)
        + both("expiry-model", .expiryModel, #"{"a":{"x":1,"y":2}}"#)
        + both("crdt", .doc, #"{"row2":{"q":true}}"#)

    /// The stream options, under our names.
    private static let oneSided: [LineRecording] = [
        LineRecording("model-meta", .model, .server, #"{"a":1}"#, meta: #"{"name":"srv"}"#),
        LineRecording("model-meta", .model, .client, #"{"a":1}"#, meta: #"{"v":1}"#),
        LineRecording("readonly", .model, .server, #"{"a":1,"b":2}"#, .sendOnly()),
        LineRecording("readonly", .model, .client, #"{"a":1,"b":2,"y":8,"z":9}"#),
        LineRecording("readonly-pair", .model, .server, #"{"a":1,"b":2}"#, .sendOnly()),
        LineRecording("readonly-pair", .model, .client, #"{"a":1,"b":2,"y":8}"#, .receiveOnly()),
        LineRecording(
            "sendclock-pair", .model, .server, #"{"a":1,"b":2}"#, .sendOnly(awaitsDigest: true)),
        LineRecording(
            "sendclock-pair", .model, .client, #"{"a":1,"b":2,"y":8}"#,
            .receiveOnly(sendsDigest: true)),
        LineRecording("sendclock-noclock", .model, .server, #"{"a":1,"b":2}"#, .sendOnly()),
        LineRecording(
            "sendclock-noclock", .model, .client, #"{"a":1,"b":2}"#,
            .receiveOnly(sendsDigest: true)),
        LineRecording("tail-false", .model, .server, #"{"a":1,"z":9}"#, noTail),
        LineRecording("tail-false", .model, .client, #"{"a":1,"z":9}"#),
        LineRecording("tail-false-both", .model, .server, #"{"a":1,"z":9}"#, noTail),
        LineRecording("tail-false-both", .model, .client, #"{"a":1,"z":9}"#, noTail),
    ]

    /// The fork's header and counters.
    private static let forks: [LineRecording] =
        both("vector-events", .events, #"{"greet":["hi","yo"],"x":[null]}"#, isFork: true)
        + [
            LineRecording(
                "vector-meta", .model, .server, #"{"a":1}"#, meta: #"{"name":"srv"}"#,
                isFork: true),
            LineRecording("vector-meta", .model, .client, #"{"a":1}"#, isFork: true),
        ]
        + both("vector-model", .model, #"{"a":3,"b":2,"c":7,"d":6,"z":9}"#, isFork: true)
        + [
            LineRecording("mixed-upstream-vs-fork", .model, .server, #"{"a":2,"b":3,"z":9}"#),
            LineRecording(
                "mixed-upstream-vs-fork", .model, .client, #"{"a":2,"b":3,"z":9}"#, isFork: true),
        ]
}
