// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization

/// A link whose lines about joining go past the session.
final class JoiningLink: Link {
    private let link: any Link
    private let reader: LinkReader
    private let turn: SendTurn
    /// Takes a line about joining that came in.
    private let onJoinLine: @Sendable (JoinLine) async throws -> Void
    /// Called when the peer's history has been taken.
    private let onHistory: @Sendable () -> Void
    private let onEnd: @Sendable () -> Void
    private let hasHistory = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)

    private static let sync = Array("\"SYNC\"".utf8)

    init(
        _ link: any Link, _ reader: LinkReader, _ turn: SendTurn,
        onJoinLine: @escaping @Sendable (JoinLine) async throws -> Void,
        onHistory: @escaping @Sendable () -> Void = {},
        onEnd: @escaping @Sendable () -> Void = {}
    ) {
        self.link = link
        self.reader = reader
        self.turn = turn
        self.onJoinLine = onJoinLine
        self.onHistory = onHistory
        self.onEnd = onEnd
    }

    deinit { end() }

    /// Tells once that the link has ended.
    private func end() {
        if !hasEnded.exchange(true, ordering: .relaxed) { onEnd() }
    }

    var name: String { link.name }
    var headerForm: HeaderForm { link.headerForm }
    var detectsSilence: Bool { link.detectsSilence }
    var receivedByteCount: Int { link.receivedByteCount }
    var compressedByteCount: CompressedByteCount { link.compressedByteCount }

    func receive() async throws -> InboundLines? {
        while true {
            // Whoever asks for more has taken what came before.
            if hasHistory.exchange(false, ordering: .relaxed) { onHistory() }
            do {
                guard let lines = try await reader.receive() else {
                    end()
                    return nil
                }
                let rest = try await divert(lines)
                if rest.count > 0 { return rest }
            } catch {
                end()
                throw error
            }
        }
    }

    /// Returns the lines that are for the session.
    private func divert(_ lines: InboundLines) async throws -> InboundLines {
        var others: [Range<Int>] = []
        var joinLines: [Range<Int>] = []
        for range in lines.ranges {
            if JoinLine.isJoinLine(lines.bytes[range]) {
                joinLines.append(range)
            } else {
                others.append(range)
                if range.count == Self.sync.count, lines.bytes[range].elementsEqual(Self.sync) {
                    hasHistory.store(true, ordering: .relaxed)
                }
            }
        }
        guard !joinLines.isEmpty else { return lines }
        for range in joinLines {
            // What is not as it must be has no meaning, like every other string.
            guard let line = JoinLine(Array(lines.bytes[range])) else { continue }
            try await onJoinLine(line)
        }
        return InboundLines(bytes: lines.bytes, ranges: others)
    }

    func send(_ lines: OutboundLines) async throws { try await turn.send(lines) }
    func finish() async { await link.finish() }

    func close(_ reason: LinkClosing) async {
        end()
        await link.close(reason)
    }
}
