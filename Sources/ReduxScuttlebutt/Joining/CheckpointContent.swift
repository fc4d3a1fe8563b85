// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttSecurity

/// What is transferred to a peer that joins: the description of a checkpoint, a newline, and the
/// bytes of its state.
struct CheckpointContent: Sendable {
    /// The checkpoint.
    let checkpoint: StoredCheckpoint
    /// What the sender's older checkpoints say, the oldest first: where a false one begins to
    /// differ is found with them.
    let rungs: [Rung]
    /// The bytes of the state.
    let state: [UInt8]

    /// The hashes at an earlier place of the order.
    struct Rung: Hashable, Sendable {
        let stamp: Stamp
        let count: Int
        let stateHash: [UInt8]
        let logHash: [UInt8]
    }

    /// Why some bytes are not a checkpoint that can be used.
    struct Unfit: Error, CustomStringConvertible {
        let description: String
    }

    /// The most rungs that are sent or read; there are about two for each doubling of a log.
    static let rungLimit = 128

    /// The most updates that a log may be said to have: numbers stay far from overflowing.
    private static let countLimit = 1 << 48

    init(_ checkpoint: StoredCheckpoint, rungs: [Rung], state: [UInt8]) {
        self.checkpoint = checkpoint
        self.rungs = rungs.suffix(Self.rungLimit)
        self.state = state
    }

    /// Reads a content, and checks everything that can be checked without the history.
    ///
    /// - Throws: ``Unfit``.
    init(_ bytes: [UInt8]) throws {
        guard let end = bytes.firstIndex(of: 0x0A),
            let form = try? JSONDecoding().decode(Form.self, from: Array(bytes[..<end])),
            form.rungs.count <= Self.rungLimit, form.vector.count <= ClassicWire.maximumSources
        else { throw Unfit(description: "it cannot be read") }
        guard form.unknown.isEmpty else {
            // Nobody here can tell whether this build knows them.
            throw Unfit(description: "it lacks actions that its build did not know")
        }
        let state = Array(bytes[(end + 1)...])
        var vector = VersionVector()
        for entry in form.vector {
            let stamp = try entry.stamp
            guard vector[stamp.source] == nil, stamp.timestamp <= form.place.timestampValue else {
                throw Unfit(description: "its version vector does not fit its place")
            }
            vector.advance(stamp.source, to: stamp.timestamp)
        }
        let stamp = try form.place.stamp
        guard vector[stamp.source] == stamp.timestamp, stamp.timestamp <= .clockCeiling,
            (vector.count...Self.countLimit).contains(form.count)
        else { throw Unfit(description: "its version vector does not fit its place") }
        guard let stateHash = [UInt8](hexadecimal: form.state),
            let logHash = [UInt8](hexadecimal: form.log),
            stateHash.count == 32, logHash.count == 32
        else { throw Unfit(description: "its hashes cannot be read") }
        guard LogHash.sha256(state) == stateHash else {
            throw Unfit(description: "its state does not match its hash")
        }
        checkpoint = StoredCheckpoint(
            stamp: stamp, count: form.count, vector: vector, reducerVersion: form.reducer,
            unknown: try form.unknown.map { try $0.stamp }, stateHash: stateHash,
            logHash: logHash, stateByteCount: state.count)
        rungs = try form.rungs.map { rung in
            guard let state = [UInt8](hexadecimal: rung.state),
                let log = [UInt8](hexadecimal: rung.log)
            else { throw Unfit(description: "its hashes cannot be read") }
            return Rung(
                stamp: try rung.place.stamp, count: rung.count, stateHash: state, logHash: log)
        }
        self.state = state
    }

    /// The bytes to transfer.
    var bytes: [UInt8] {
        get throws {
            let form = Form(
                place: Form.Place(checkpoint.stamp), count: checkpoint.count,
                vector: checkpoint.vector.entries.map {
                    Form.Place(Stamp(timestamp: $0.timestamp, source: $0.source))
                },
                reducer: checkpoint.reducerVersion,
                unknown: checkpoint.unknown.map { Form.Place($0) },
                state: checkpoint.stateHash.hexadecimal, log: checkpoint.logHash.hexadecimal,
                rungs: rungs.map {
                    Form.Rung(
                        place: Form.Place($0.stamp), count: $0.count,
                        state: $0.stateHash.hexadecimal, log: $0.logHash.hexadecimal)
                })
            return try JSONEncoding().encode(form) + [0x0A] + state
        }
    }

    /// The description as JSON.
    private struct Form: Codable {
        struct Place: Codable {
            var timestamp: Double
            var source: String

            init(_ stamp: Stamp) {
                (timestamp, source) = (stamp.timestamp.value, stamp.source.text)
            }

            var timestampValue: Timestamp { Timestamp(timestamp) ?? .zero }

            var stamp: Stamp {
                get throws {
                    guard let timestamp = Timestamp(timestamp), let source = Source(source),
                        source.utf8.count <= ClassicWire.maximumSourceByteCount
                    else { throw Unfit(description: "it names a place that cannot be") }
                    return Stamp(timestamp: timestamp, source: source)
                }
            }
        }

        struct Rung: Codable {
            var place: Place
            var count: Int
            var state: String
            var log: String
        }

        var place: Place
        var count: Int
        var vector: [Place]
        var reducer: String
        var unknown: [Place]
        var state: String
        var log: String
        var rungs: [Rung]
    }
}
