// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import ScuttlebuttSecurity

/// Gives the newest good checkpoint, and what comes after it, to peers that join.
///
/// It reads the storage only, so that nothing leaves that is not durable. One content at a time is
/// kept in memory, for all who take it.
actor CheckpointServer<State: Sendable> {
    private let book: CheckpointBook<State>
    private let wire: ClassicWire
    private var kept: (hash: ContentHash, stamp: Stamp, bytes: [UInt8])?

    init(_ book: CheckpointBook<State>, wire: ClassicWire) {
        self.book = book
        self.wire = wire
    }

    /// Answers a line of a peer that joins; other lines mean nothing here.
    ///
    /// - Parameter send: Sends lines to that peer.
    /// - Throws: What `send` throws.
    nonisolated func answer(
        _ line: JoinLine, _ send: @Sendable ([JoinLine]) async throws -> Void
    ) async throws {
        switch line {
        case .ask(let count, let holding, let version):
            let offer = try? await offer(holding, count: count, version: version)
            try await send([offer ?? .none])
        case .part(let hash, let range):
            guard range.count <= JoinLine.partByteCount, let bytes = await part(hash, range) else {
                return try await send([.none])
            }
            try await answer(with: bytes, send)
        case .tail(let stamp):
            guard let bytes = try? await tail(after: stamp) else { return try await send([.none]) }
            try await answer(with: bytes, send)
        case .offer, .bytes, .end, .none:
            return
        }
    }

    private nonisolated func answer(
        with bytes: [UInt8], _ send: @Sendable ([JoinLine]) async throws -> Void
    ) async throws {
        for start in stride(from: 0, to: bytes.count, by: JoinLine.pieceByteCount) {
            let end = min(start + JoinLine.pieceByteCount, bytes.count)
            try await send([.bytes(Array(bytes[start..<end]))])
        }
        try await send([.end])
    }

    /// Returns an offer, unless the history that the peer lacks is about as short as what follows
    /// the checkpoint.
    private func offer(
        _ holding: ContentHash?, count: Int, version: String
    ) async throws -> JoinLine? {
        guard version == book.settings.reducerVersion else { return nil }
        if let kept, kept.hash == holding {
            return .offer(kept.hash, byteCount: kept.bytes.count)
        }
        guard let newest = try await book.storage.checkpoints().last,
            newest.count - count >= book.settings.interval
        else { return nil }
        if kept?.stamp != newest.stamp { try await keepNewest() }
        guard let kept else { return nil }
        return .offer(kept.hash, byteCount: kept.bytes.count)
    }

    private func keepNewest() async throws {
        // Of one that lacks actions nobody else can tell whether they know them.
        guard let (checkpoint, state) = try await book.newestBytes(), checkpoint.unknown.isEmpty
        else {
            kept = nil
            return
        }
        let rungs = try await book.storage.checkpoints().filter {
            $0.stamp < checkpoint.stamp && $0.reducerVersion == checkpoint.reducerVersion
        }
        .map {
            CheckpointContent.Rung(
                stamp: $0.stamp, count: $0.count, stateHash: $0.stateHash, logHash: $0.logHash)
        }
        let bytes = try CheckpointContent(checkpoint, rungs: rungs, state: state).bytes
        kept = (ContentHash(of: bytes), checkpoint.stamp, bytes)
    }

    private func part(_ hash: ContentHash, _ range: Range<Int>) -> [UInt8]? {
        guard let kept, kept.hash == hash, range.upperBound <= kept.bytes.count else { return nil }
        return Array(kept.bytes[range])
    }

    /// Returns the next updates after a stamp as lines; nothing if there are none.
    private func tail(after stamp: Stamp) async throws -> [UInt8] {
        let updates = try await book.storage.updates(
            after: stamp, limit: DeltaLimit(updates: 4_096, bytes: JoinLine.partByteCount))
        var block = WireBlock()
        for update in updates { wire.append(update, to: &block) }
        return block.bytes
    }
}
