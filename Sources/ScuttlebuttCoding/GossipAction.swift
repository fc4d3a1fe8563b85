// SPDX-License-Identifier: MIT

/// An action that travels between peers.
///
/// An enumeration with synthesised `Codable` is encoded in Redux's flat form (see
/// ``ActionCodec/flat``). The names of its cases become part of the wire format and must not change
/// once shipped, so pin them with `CodingKeys`.
public protocol GossipAction: Codable, Sendable {
    /// Whether this action stays with the peer that dispatched it. Defaults to `false`.
    ///
    /// In addition, actions whose type begins with `@` always stay local.
    var isLocalOnly: Bool { get }
}

extension GossipAction {
    /// The default, `false`.
    public var isLocalOnly: Bool { false }
}
