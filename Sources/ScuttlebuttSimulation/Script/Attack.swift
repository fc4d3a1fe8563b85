// SPDX-License-Identifier: MIT

/// A way to misbehave.
public enum Attack: String, CaseIterable, Hashable, Sendable {
    /// Updates in the name of honest peers.
    case forge
    /// Updates in the victim's own name, also above the clock ceiling.
    case impersonate
    /// Different updates with one stamp for different victims.
    case equivocate
    /// Lines that are malformed, not JSON, or meaningless.
    case malform
    /// Timestamps at the limits and beyond.
    case poison
    /// A header that claims updates of the victim that do not exist.
    case claim
    /// The bytes of an earlier session between others.
    case replay
    /// An honest session, one byte at a time, without the end of the last line.
    case drip
    /// Headers and SYNCs without end.
    case flood
}
