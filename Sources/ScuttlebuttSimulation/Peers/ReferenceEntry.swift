// SPDX-License-Identifier: MIT

public import Scuttlebutt

/// One entry that a peer has folded into its state.
public struct ReferenceEntry: Hashable, Sendable {
    /// The bytes of the action.
    public let payload: Payload
    /// The position in the agreed order, or `nil` for a local-only action.
    public let stamp: Stamp?
}
