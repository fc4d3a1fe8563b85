// SPDX-License-Identifier: MIT

/// What a relay has done since it was started, and what it holds now.
public struct RelayStatistics: Hashable, Sendable {
    /// Wire lines that came over all links.
    public var received = 0
    /// Wire lines that were given to all links.
    public var sent = 0
    /// Links that are open now, over all transports, accepted and dialled.
    public var connected = 0
    /// Links that have been opened.
    public var opened = 0
    /// Open links by kind, in the order of ``LinkKind``.
    public var byKind: [LinkKind: Int] = [:]
    /// Updates in the log.
    public var actions = 0
    /// Sources that have written.
    public var sources = 0
    /// Updates of peers that broke a rule or that the policy refused.
    public var refused = 0
    /// How long the relay has been running, in whole seconds.
    public var uptimeSeconds = 0

    /// The statistics as one JSON object, as `/statistics` answers them.
    public var json: [UInt8] {
        let kinds = LinkKind.allCases.map { "\"\($0.rawValue)\":\(byKind[$0] ?? 0)" }
        return Array(
            """
            {"received":\(received),"sent":\(sent),"connected":\(connected),"actions":\(actions),\
            "sources":\(sources),"opened":\(opened),"refused":\(refused),\
            "uptimeSeconds":\(uptimeSeconds),"links":{\(kinds.joined(separator: ","))}}
            """.utf8)
    }

    /// The statistics in one line for people.
    public var summary: String {
        "\(connected) connected · \(received) received · \(sent) sent · \(actions) actions from "
            + "\(sources) sources"
    }
}

/// The ways in which a relay is linked to peers.
public enum LinkKind: String, CaseIterable, Sendable {
    /// A peer came over Primus.
    case primus
    /// A peer came to `/ws`.
    case websocket
    /// A peer came over TCP.
    case tcp
    /// We dialled the peer.
    case dialled
}
