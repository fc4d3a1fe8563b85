// SPDX-License-Identifier: MIT

import Redux
import ReduxScuttlebutt
import ScuttlebuttCoding

/// The one action: a recorded keystroke, with its number in the trace.
enum Keystroke: GossipAction {
    case type(index: Int, position: Int, deleted: Int, inserted: String)

    enum CodingKeys: String, CodingKey {
        case type = "TYPE"
    }
}

/// The numbers of the keystrokes in the order that the peers agree on, and which there are.
struct Transcript: Hashable, Sendable {
    private(set) var order: [Int32] = []
    /// One bit per number, so that a snapshot of it is a copy of 3 KB.
    private var bits: [UInt64] = []
    /// Numbers that came a second time; there should be none.
    private(set) var repeated: [Int32] = []

    var count: Int { order.count }

    func contains(_ index: Int) -> Bool {
        index / 64 < bits.count && bits[index / 64] & 1 << UInt64(index % 64) != 0
    }

    mutating func append(_ index: Int) {
        // Anybody may send anything; a number that no trace has must not cost memory.
        guard (0..<1 << 20).contains(index) else { return }
        if contains(index) { repeated.append(Int32(index)) }
        while bits.count <= index / 64 { bits.append(0) }
        bits[index / 64] |= 1 << UInt64(index % 64)
        order.append(Int32(index))
    }

    /// Keeps the agreed order.
    ///
    /// See the README on why this is no text editor yet.
    static let reducer = Reducer<Transcript, Keystroke> { transcript, action in
        switch action {
        case .type(let index, _, _, _): transcript.append(index)
        }
    }
}
