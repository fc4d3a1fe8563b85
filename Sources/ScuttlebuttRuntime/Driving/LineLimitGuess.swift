// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// What a dialled peer takes, learned from links that broke after a long line was sent.
///
/// A peer says that a line was too long by the WebSocket close code 1009. Over TCP, or if the code
/// is lost, the link just ends; the guess is then made from three links in a row that ended before
/// they were useful, each with the same longest line.
struct LineLimitGuess: Sendable {
    /// A shorter line is not suspected without a close code: links break for other reasons too.
    private static let suspectByteCount = 16_384
    /// How many links in a row must break.
    private static let suspicionLimit = 3

    /// The longest line that the peer may take, in bytes; `nil` while nothing is known.
    private(set) var longestLine: Int?
    private var suspect = (byteCount: 0, count: 0)

    /// A link has ended.
    ///
    /// - Parameters:
    ///   - longest: The longest update that was sent on it, in bytes; 0 for none.
    mutating func note(end failure: LinkError?, longest: Int, wasUseful: Bool) {
        if failure?.code == .lineRefused, longest > 0 {
            longestLine = longest - 1
            return
        }
        guard !wasUseful, longest >= Self.suspectByteCount else {
            suspect = (0, 0)
            return
        }
        suspect = longest == suspect.byteCount ? (longest, suspect.count + 1) : (longest, 1)
        guard suspect.count >= Self.suspicionLimit else { return }
        longestLine = longest - 1
        suspect = (0, 0)
    }

    /// Measures the updates that are sent on one link.
    final class Measure: Sendable {
        private let longest = Atomic<Int>(0)

        /// The longest one so far, in bytes without its newline.
        var byteCount: Int { longest.load(ordering: .relaxed) }

        /// - Complexity: O(lines).
        func add(_ lines: OutboundLines) {
            var (start, most) = (0, byteCount)
            lines.bytes.withUnsafeBufferPointer { bytes in
                for end in lines.ends {
                    if end - 1 - start > most, bytes[start] == UInt8(ascii: "[") {
                        most = end - 1 - start
                    }
                    start = end
                }
            }
            longest.store(most, ordering: .relaxed)
        }
    }
}
