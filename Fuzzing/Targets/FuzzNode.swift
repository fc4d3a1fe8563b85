// SPDX-License-Identifier: MIT

@testable import Scuttlebutt

/// A machine that gossips, with a driver that does all it asks for, in an order that the program
/// chooses.
protocol FuzzNode {
    var log: UpdateLog { get }
    var gossip: Gossip { get }
    /// The sessions that the machine has ended since it was last asked.
    var endedSessions: [PeerID] { get set }
    /// Whether everybody accepts what this node accepts, and gets what it writes.
    var isFair: Bool { get }

    init(source: Source, _ program: inout FuzzProgram)

    mutating func open(_ options: SessionOptions) -> PeerID
    mutating func close(_ peer: PeerID) throws
    mutating func receive(_ lines: [DecodedLine], from peer: PeerID) throws
    mutating func pull(_ peer: PeerID, _ limit: DeltaLimit) throws -> (WireBlock, finishes: Bool)?
    /// One step of the node itself: a write, or an answer to what it asked for.
    mutating func act(_ program: inout FuzzProgram) throws
    /// Answers everything that the machine waits for.
    mutating func settle() throws
    /// Loses all that was not durable, and begins anew.
    mutating func restart()
    /// Whether an own update may be on the wire.
    func mayLeave(_ own: Update) -> Bool
    /// Finds fault with the state.
    func check() throws
}

extension FuzzNode {
    var source: Source { gossip.source }

    /// What is claimed is in the log, and what is in the log is claimed or our own.
    func checkVector() throws {
        let (claimed, held) = (gossip.vector, log.vector)
        for entry in claimed.entries {
            let newest = held[entry.source].map { $0 >= entry.timestamp } ?? false
            try expect(newest, "\(claimed) claims what the log has not: \(held)")
        }
        for entry in held.entries where entry.source != source {
            try expect(claimed[entry.source] == entry.timestamp, "\(claimed) hides from \(held)")
        }
    }
}
