// SPDX-License-Identifier: MIT

/// The blocks in which a history was sent, for the next peers that lack the same.
///
/// A block fits a peer that has exactly the updates before the block from each source in it. To
/// such a peer it leaves no gap and repeats nothing, whatever has been accepted since: a log that
/// forgets nothing only gains newer updates of a source, and those come in later blocks.
///
/// Blocks follow each other in chains, one for each vector that somebody began with, so that a peer
/// gets the next one without a search. The bytes kept are bounded; what does not fit is encoded for
/// each peer.
struct HistoryBlocks: Sendable {
    /// The most bytes of lines kept: 32 MiB.
    static let maximumByteCount = 32 << 20
    /// How many may be kept however small the log is: 1 MiB.
    static let spareByteCount = 1 << 20
    /// The most vectors that are remembered as a beginning.
    static let maximumChains = 8
    /// A vector of more sources than this is not remembered.
    static let maximumSources = 1_024

    /// The place of a block in a chain, or after its last block.
    struct Position: Hashable, Sendable {
        fileprivate let chain: Int
        fileprivate var index: Int

        /// The place of a session that gets no shared blocks, until the next header.
        static let apart = Position(chain: 0, index: 0)

        var next: Position { Position(chain: chain, index: index + 1) }
    }

    /// What a block has of one source: everything after one timestamp, up to another.
    struct Stretch: Sendable {
        let after: Timestamp?
        let end: Stamp
    }

    struct Block: Sendable {
        let lines: WireBlock
        let stretches: [Stretch]

        /// Whether a peer with this vector gets from it what it lacks, and nothing else.
        func fits(_ known: VersionVector) -> Bool {
            stretches.allSatisfy { known[$0.end.source] == $0.after }
        }
    }

    private struct Chain: Sendable {
        let id: Int
        let start: VersionVector
        let limit: DeltaLimit
        var blocks: [Block] = []
        var byteCount = 0
    }

    /// The chain that was used last is the last one.
    private var chains: [Chain] = []
    private var lastID = 0
    /// The number of bytes of all lines kept.
    private(set) var byteCount = 0

    /// Returns the place where a peer with this vector begins.
    ///
    /// - Parameter known: Without sources of which nothing was accepted.
    mutating func start(from known: VersionVector, limit: DeltaLimit) -> Position {
        guard known.count <= HistoryBlocks.maximumSources, limit != .unlimited else {
            return .apart
        }
        if let place = chains.firstIndex(where: { $0.start == known && $0.limit == limit }) {
            let chain = chains.remove(at: place)
            chains.append(chain)
            return Position(chain: chain.id, index: 0)
        }
        if chains.count == HistoryBlocks.maximumChains { removeFirst() }
        lastID += 1
        chains.append(Chain(id: lastID, start: known, limit: limit))
        return Position(chain: lastID, index: 0)
    }

    /// The block at a place, if there is one.
    func block(at position: Position) -> Block? {
        guard let chain = chains.last(where: { $0.id == position.chain }),
            position.index < chain.blocks.count
        else { return nil }
        return chain.blocks[position.index]
    }

    /// The most bytes of lines kept beside a log with so many bytes in memory: enough for all of it
    /// where updates are small, but not many times what a budget leaves in memory.
    static func byteLimit(beside retained: Int) -> Int {
        guard retained < maximumByteCount / 3 else { return maximumByteCount }
        return min(maximumByteCount, spareByteCount + 3 * retained)
    }

    /// Appends a block that was just encoded, if its place is the end of a chain and there is room.
    ///
    /// - Parameter byteLimit: The most bytes of all blocks.
    /// - Returns: The place after it, or ``Position/apart``.
    mutating func append(
        _ block: Block, at position: Position, byteLimit: Int
    ) -> Position {
        guard let place = chains.firstIndex(where: { $0.id == position.chain }),
            chains[place].blocks.count == position.index
        else { return .apart }
        let more = block.lines.bytes.count
        while byteCount + more > byteLimit, chains.count > 1, chains[0].id != position.chain {
            removeFirst()
        }
        guard byteCount + more <= byteLimit,
            let place = chains.firstIndex(where: { $0.id == position.chain })
        else { return .apart }
        chains[place].blocks.append(block)
        chains[place].byteCount += more
        byteCount += more
        return position.next
    }

    private mutating func removeFirst() {
        byteCount -= chains.removeFirst().byteCount
    }

    /// Forgets all blocks, because a source may have got older updates than are in one.
    mutating func clear() {
        chains = []
        byteCount = 0
    }
}
