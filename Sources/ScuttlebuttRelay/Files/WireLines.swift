// SPDX-License-Identifier: MIT

public import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime

/// Imports files of wire lines, redux-scuttlebutt's INFILE and OUTFILE.
public enum WireLines {
    /// The result of an import.
    public struct Summary: Hashable, Sendable {
        /// The number of updates in the file.
        public var updates = 0
        /// The number of updates that were new and were accepted.
        public var accepted = 0
    }

    /// The number of verifications that may be pending while reading continues.
    private static let verificationLimit = 1_000
    /// The number of sorted lines that are passed to the dispatcher at once.
    private static let batchLimit = 4_096

    /// Reads a file into a running store as if a peer had sent it: known updates change nothing,
    /// and the wire rules and the policy apply.
    ///
    /// Headers and SYNC lines are skipped. A file in which an update follows newer ones of its
    /// source, as can happen in an export, is first sorted in memory, because a store accepts each
    /// source in ascending order only. Accepted updates are saved on return.
    ///
    /// - Throws: `StorageError` `.unreadable`; `.foreignOrCorrupt` with the number of the line that
    ///   is not JSON, in which case earlier lines may have been accepted, or of the update at which
    ///   there are more sources than a log can have, in which case nothing was; or the error that
    ///   saving failed with.
    @discardableResult
    public static func load(_ path: String, into dispatcher: Dispatcher) async throws -> Summary {
        var summary = Summary()
        let host = dispatcher.host
        let before = dispatcher.updateCount
        let peer = host.openSession(.receiveOnly(), signal: SessionSignal())
        defer { host.closeSession(peer) }
        var decoder = LineDecoder(wire: host.wire)
        if try isAscending(path, host.wire, dispatcher.withReplica { $0.gossip }) {
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

    /// Returns whether each source's updates ascend in a file, as far as it can be read.
    ///
    /// - Parameter gossip: A copy of the store's, which learns what room there is for more sources.
    /// - Throws: `StorageError` `.foreignOrCorrupt` if there are too many.
    private static func isAscending(
        _ path: String, _ wire: ClassicWire, _ gossip: Gossip
    ) throws -> Bool {
        let reader = try WireLineReader(path: path)
        var decoder = LineDecoder(wire: wire)
        var (newest, gossip) = (VersionVector(), gossip)
        var (isAscending, update) = (true, 0)
        do {
            while let batch = try reader.next() {
                try forEachUpdate(in: batch, of: path, &decoder) { found, _ in
                    update += 1
                    guard let found else { return }
                    guard gossip.hasRoom(for: found.source) else {
                        throw TooManySourcesError(update: update)
                    }
                    gossip.restore(found.stamp)
                    if let last = newest[found.source], last > found.timestamp {
                        isAscending = false
                    }
                    newest.advance(found.source, to: found.timestamp)
                }
            }
        } catch let error as TooManySourcesError {
            throw error.named(path)
        } catch is StorageError {
            // Reported once the lines before it have been imported.
            return isAscending
        }
        return isAscending
    }

    /// Returns the lines of all updates in agreed order, preceded by those that break a rule.
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
        // Of two updates with the same stamp, the first one counts.
        let order = lines.indices.sorted { left, right in
            let (a, b) = (lines[left].stamp, lines[right].stamp)
            return a == b ? left < right : a < b
        }
        return refused + order.map { lines[$0].bytes }
    }

    /// Passes each update of a batch and the range of its line to `body`, or `nil` for an update
    /// that breaks a rule.
    ///
    /// SYNC lines and headers, which describe peers that are not connected, are skipped. Any other
    /// line is an error.
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
                    "\(path), line \(batch.firstNumber + index): not a wire line: \(error.message)")
            }
            switch line {
            case .message(.update(let update)): try body(update, range)
            case .refused: try body(nil, range)
            case .message, .ignored: break
            }
        }
    }

    /// Waits until at most `limit` verifications are pending, so that the verifier gets no more at
    /// once than a peer could send.
    private static func settleVerification(
        _ dispatcher: Dispatcher, atMost limit: Int
    ) async throws {
        while dispatcher.withReplica({ $0.verificationCount }) > limit {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Returns the stamps of the updates in a file, or an empty set if there is no file.
    ///
    /// - Parameter withoutPartialLine: Whether to leave out what is behind the last newline.
    /// - Throws: `StorageError` `.unreadable`, `.foreignOrCorrupt`.
    static func stamps(of path: String, withoutPartialLine: Bool) throws -> StampSet {
        var stamps = StampSet()
        // A file that exists but is unreadable is reported when it is opened for writing.
        guard let reader = try? WireLineReader(path: path) else { return stamps }
        var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
        while let batch = try withoutPartialLine ? reader.nextComplete() : reader.next() {
            try forEachUpdate(in: batch, of: path, &decoder) { update, _ in
                if let update { _ = stamps.add(update.stamp) }
            }
        }
        return stamps
    }
}

/// Thrown when a file has more sources than fit into a log, beside those that it has.
private struct TooManySourcesError: Error {
    /// The number of the update whose source is the first that does not fit, from 1.
    let update: Int

    func named(_ path: String) -> StorageError {
        StorageError(
            .foreignOrCorrupt,
            "cannot import \(path): from its update \(update) on it has more sources than a log "
                + "can have, \(ClassicWire.maximumSources) at most; nothing was imported")
    }
}
