// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttRuntime

/// What is said of a state that was taken from a peer.
enum JoiningText {
    /// Returns one line; `nil` for what nobody needs to know.
    static func text(of event: JoinEvent) -> String? {
        switch event {
        case .joined(let checkpoint, let peer):
            "took the state after \(checkpoint.count) actions from \(peer); the history follows"
        case .confirmed:
            nil
        case .refuted(_, let peer, let after, let through, let reason):
            "the state from \(peer) was wrong, and is replaced by what its history folds to: "
                + "\(reason) (after \(after.map { "\($0)" } ?? "the beginning"), up to \(through))"
        case .failed(let peer, let reason):
            "about the state of \(peer): \(reason); what counts is the history"
        }
    }
}
