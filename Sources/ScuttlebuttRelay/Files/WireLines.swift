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
    /// Lines that are handed over at once where they do not come in the blocks of a file.
    private static let batchLimit = 4_096

    /// Reads a file into a running store, as if a peer had sent it: known updates change nothing,
    /// and rules and policy apply.
    ///
    /// Headers and SYNC lines are read over. A file in which an update follows newer ones of its
    /// source, as an export may have it, is sorted in memory first: a store takes each source in
    /// ascending order. What was accepted is saved on return.
    ///
    /// - Throws: `StorageError` `.unreadable`, `.foreignOrCorrupt` with the number of the line that
    ///   is no JSON (lines before it may have been taken), or whatever saving failed with.
    @discardableResult
    public static func load(_ path: String, into dispatcher: Dispatcher) async throws -> Summary {
        var summary = Summary()
        let host = dispatcher.host
        let before = dispatcher.updateCount
        let peer = host.openSession(.receiveOnly(), signal: SessionSignal())
        defer { host.closeSession(peer) }
        var decoder = LineDecoder(wire: host.wire)
        if try isAscending(path, host.wire) {
            let reader = try WireLineReader(path: path)
            while let batch = try reader.next() {
                var lines = InboundLines(bytes: batch.lines.bytes)
                try forEachUpdate(in: batch, of: path, &decoder) { lines.ranges.append($1) }
                summary.updates += lines.count
                try await host.receive(lines, from: peer, decoder: &decoder)
                try await settleVerification(dispatcher, atMost: verificationLimit)
            }
        } else {
            let sorted = try sortedLines(path, host.wire)
            summary.updates = sorted.count
            for start in stride(from: 0, to: sorted.count, by: batchLimit) {
                var lines = InboundLines()
                for line in sorted[start...].prefix(batchLimit) { lines.append(line) }
                try await host.receive(lines, from: peer, decoder: &decoder)
                try await settleVerification(dispatcher, atMost: verificationLimit)
            }
        }
        let sync = OutboundLines(lines: [Array("\"SYNC\"".utf8)])
        try await host.receive(
            InboundLines(bytes: sync.bytes, ranges: sync.ranges), from: peer, decoder: &decoder)
        try await settleVerification(dispatcher, atMost: 0)
        try await dispatcher.flush()
        summary.accepted = dispatcher.updateCount - before
        return summary
    }

    /// Whether each source's updates ascend in a file, as far as it can be read.
    private static func isAscending(_ path: String, _ wire: ClassicWire) throws -> Bool {
        let reader = try WireLineReader(path: path)
        var decoder = LineDecoder(wire: wire)
        var newest = VersionVector()
        do {
            while let batch = try reader.next() {
                try forEachUpdate(in: batch, of: path, &decoder) { update, _ in
                    guard let update else { return }
                    if let last = newest[update.source], last > update.timestamp {
                        throw OutOfOrder()
                    }
                    newest.advance(update.source, to: update.timestamp)
                }
            }
        } catch is OutOfOrder {
            return false
        } catch is StorageError {
            // Told when the lines before are taken.
            return true
        }
        return true
    }

    /// The lines of all updates in agreed order; before them those that break a rule.
    private static func sortedLines(_ path: String, _ wire: ClassicWire) throws -> [[UInt8]] {
        let reader = try WireLineReader(path: path)
        var decoder = LineDecoder(wire: wire)
        var refused: [[UInt8]] = []
        var lines: [(stamp: Stamp, bytes: [UInt8])] = []
        while let batch = try reader.next() {
            try forEachUpdate(in: batch, of: path, &decoder) { update, range in
                let bytes = Array(batch.lines.bytes[range])
                if let update { lines.append((update.stamp, bytes)) } else { refused.append(bytes) }
            }
        }
        // Of two with one stamp the first is the one that counts.
        let order = lines.indices.sorted { left, right in
            let (a, b) = (lines[left].stamp, lines[right].stamp)
            return a == b ? left < right : a < b
        }
        return refused + order.map { lines[$0].bytes }
    }

    /// The updates of a batch, `nil` for one that breaks a rule, and where their lines are.
    ///
    /// Headers, which speak of peers that are not here, and SYNC lines are left out; a line that is
    /// none of these is an error.
    private static func forEachUpdate(
        in batch: WireLineReader.Batch, of path: String, _ decoder: inout LineDecoder,
        _ body: (Update?, Range<Int>) throws -> Void
    ) throws {
        for (index, range) in batch.lines.ranges.enumerated() {
            let line: DecodedLine
            do throws(SessionError) {
                line = try decoder.decode(Array(batch.lines.bytes[range]))
            } catch {
                throw StorageError(
                    .foreignOrCorrupt,
                    "\(path), line \(batch.firstNumber + index) is no wire line: \(error.message).")
            }
            switch line {
            case .message(.update(let update)): try body(update, range)
            case .refused: try body(nil, range)
            case .message, .ignored: break
            }
        }
    }

    /// A verifier is given no more at once than a peer could give it.
    private static func settleVerification(
        _ dispatcher: Dispatcher, atMost limit: Int
    ) async throws {
        while dispatcher.withReplica({ $0.verificationCount }) > limit {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// The stamps of the updates in a file; empty when there is no file.
    ///
    /// - Throws: `StorageError` `.unreadable`, `.foreignOrCorrupt`.
    static func stamps(of path: String) throws -> StampSet {
        var stamps = StampSet()
        // What is there but cannot be read cannot be written either, and says so then.
        guard let reader = try? WireLineReader(path: path) else { return stamps }
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        while let batch = try reader.next() {
            try forEachUpdate(in: batch, of: path, &decoder) { update, _ in
                if let update { _ = stamps.add(update.stamp) }
            }
        }
        return stamps
    }
}

/// A file has an update behind a newer one of its source.
private struct OutOfOrder: Error {}
