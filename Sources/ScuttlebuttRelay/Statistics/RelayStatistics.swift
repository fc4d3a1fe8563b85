// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// A relay's traffic since it started, and its current size.
public struct RelayStatistics: Hashable, Sendable {
    /// The number of wire lines received over all links.
    public var received = 0
    /// The number of wire lines sent over all links.
    public var sent = 0
    /// What has been compressed of what was sent, and to how much, over all links.
    ///
    /// A block that is compressed once counts for each link that it went to.
    public var compressed = CompressedByteCount()
    /// The number of open links of all transports, both accepted and dialled.
    public var connected = 0
    /// The number of links opened so far.
    public var opened = 0
    /// The number of open links of each kind.
    public var byKind: [LinkKind: Int] = [:]
    /// The number of updates in the log.
    public var actions = 0
    /// The number of updates in memory; the storage has the others.
    public var actionsInMemory = 0
    /// The number of bytes of their payloads.
    public var bytesInMemory = 0
    /// The number of checkpoints of the state that were stored since it started.
    public var checkpointsStored = 0
    /// The number of sources that have written.
    public var sources = 0
    /// The number of peers that say that they are here; see `Presence`.
    public var present = 0
    /// The number of peers' updates that broke a rule or were refused by the policy.
    public var refused = 0
    /// The time the relay has been running, in whole seconds.
    public var uptimeSeconds = 0

    /// The statistics as the JSON object that `/statistics` returns.
    public var json: [UInt8] {
        let kinds = LinkKind.allCases.map { "\"\($0.rawValue)\":\(byKind[$0] ?? 0)" }
        return Array(
            """
            {"received":\(received),"sent":\(sent),"connected":\(connected),"actions":\(actions),\
            "sources":\(sources),"opened":\(opened),"refused":\(refused),"present":\(present),\
            "uptimeSeconds":\(uptimeSeconds),"actionsInMemory":\(actionsInMemory),\
            "bytesInMemory":\(bytesInMemory),"checkpointsStored":\(checkpointsStored),\
            "bytesBeforeCompression":\(compressed.before),\
            "bytesAfterCompression":\(compressed.after),"links":{\(kinds.joined(separator: ","))}}
            """.utf8)
    }

    /// The statistics on one line for people.
    public var summary: String {
        "\(connected) connected · \(received) received · \(sent) sent · \(actions) actions from "
            + "\(sources) sources"
    }
}
