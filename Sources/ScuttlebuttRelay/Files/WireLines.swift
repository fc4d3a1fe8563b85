// SPDX-License-Identifier: MIT

public import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttRuntime

/// Files of wire lines: the original's INFILE and OUTFILE.
public enum WireLines {
    /// What an import found.
    public struct Summary: Hashable, Sendable {
        /// Updates in the file.
        public var updates = 0
        /// Updates that were new and have been accepted.
        public var accepted = 0
    }

    /// Verifications that may wait while a file is read on.
    private static let verificationLimit = 1_000

    /// Reads a file into a running store, as if a peer had sent it: known updates change nothing,
    /// and rules and policy apply.
    ///
    /// Headers and SYNC lines are read over. What was accepted is saved on return.
    ///
    /// - Throws: `StorageError` `.unreadable`, `.foreignOrCorrupt` with the number of the line that
    ///   is no JSON (the lines before it have been taken), or whatever saving failed with.
    @discardableResult
    public static func load(_ path: String, into dispatcher: Dispatcher) async throws -> Summary {
        let reader = try WireLineReader(path: path)
        var summary = Summary()
        let before = dispatcher.status.updates
        let peer = dispatcher.openSession(.receiveOnly(), signal: SessionSignal())
        defer { dispatcher.closeSession(peer) }
        var decoder = LineDecoder(wire: dispatcher.wire)
        while let batch = try reader.next() {
            let updates = try updates(in: batch, of: path, &decoder)
            summary.updates += updates.count
            try await dispatcher.receive(updates, from: peer, decoder: &decoder)
            try await settleVerification(dispatcher, atMost: verificationLimit)
        }
        let sync = OutboundLines(lines: [Array("\"SYNC\"".utf8)])
        try await dispatcher.receive(
            InboundLines(bytes: sync.bytes, ranges: sync.ranges), from: peer, decoder: &decoder)
        try await settleVerification(dispatcher, atMost: 0)
        try await dispatcher.flush()
        summary.accepted = dispatcher.status.updates - before
        return summary
    }

    /// The updates of a batch; headers, which speak of peers that are not here, and SYNC lines are
    /// left out, and a line that is none of these ends the reading.
    private static func updates(
        in batch: WireLineReader.Batch, of path: String, _ decoder: inout LineDecoder
    ) throws -> InboundLines {
        var lines = InboundLines(bytes: batch.lines.bytes)
        for (index, range) in batch.lines.ranges.enumerated() {
            do throws(SessionError) {
                switch try decoder.decode(Array(batch.lines.bytes[range])) {
                case .message(.update), .refused: lines.ranges.append(range)
                case .message, .ignored: break
                }
            } catch {
                throw StorageError(
                    .foreignOrCorrupt,
                    "\(path), line \(batch.firstNumber + index) is no wire line: \(error.message).")
            }
        }
        return lines
    }

    /// A verifier is given no more at once than a peer could give it.
    private static func settleVerification(
        _ dispatcher: Dispatcher, atMost limit: Int
    ) async throws {
        while dispatcher.withMachine({ $0.verificationCount }) > limit {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// The newest timestamp of each source in a file; empty when there is no file.
    ///
    /// - Throws: `StorageError` `.unreadable`, `.foreignOrCorrupt`.
    static func vector(of path: String) throws -> VersionVector {
        var vector = VersionVector()
        // What is there but cannot be read cannot be written either, and says so then.
        guard let reader = try? WireLineReader(path: path) else { return vector }
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        while let batch = try reader.next() {
            for range in try updates(in: batch, of: path, &decoder).ranges {
                if case .message(.update(let update)) = try decoder.decode(
                    Array(batch.lines.bytes[range]))
                {
                    vector.advance(update.source, to: update.timestamp)
                }
            }
        }
        return vector
    }
}
