// SPDX-License-Identifier: MIT

/// The lines that ``Gossip/pull(_:from:limit:unsettled:)`` returns for one peer.
public struct Outgoing: Hashable, Sendable {
    /// The lines to write, if they are not shared.
    public let block: WireBlock
    /// A range of the recent updates that other peers need as well.
    ///
    /// Its lines come from ``Gossip/sharedBlock(_:)``, which encodes them once for all peers.
    public let shared: Range<Int>?
    /// Whether to close our half of the connection after these lines.
    public let finishes: Bool

    init(_ block: WireBlock, finishes: Bool = false) {
        self.block = block
        shared = nil
        self.finishes = finishes
    }

    init(shared: Range<Int>) {
        block = WireBlock()
        self.shared = shared
        finishes = false
    }
}
