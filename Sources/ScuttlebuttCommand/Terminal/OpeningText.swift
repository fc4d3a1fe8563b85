// SPDX-License-Identifier: MIT

import Foundation
import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime

/// What a store found in its storage, for people.
enum OpeningText {
    /// Prints it, and why checkpoints were passed over; nothing for an empty log.
    static func note(_ opened: OpenedLog) {
        for reason in opened.passedOver { StandardError.shared.note(reason) }
        if opened.updateCount > 0 { StandardError.shared.note(text(of: opened)) }
    }

    /// Returns one line such as `loaded 1200 actions in 0.05 s: a checkpoint of 1000, 200 folded`.
    static func text(of opened: OpenedLog) -> String {
        let (seconds, attoseconds) = opened.duration.components
        let time = String(format: "%.2f", Double(seconds) + Double(attoseconds) / 1e18)
        let how = opened.checkpoint.map { "a checkpoint of \($0.count), " } ?? ""
        return "loaded \(opened.updateCount) actions in \(time) s: \(how)"
            + "\(opened.foldedCount) folded"
    }
}
