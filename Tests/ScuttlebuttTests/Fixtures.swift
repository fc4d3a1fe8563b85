// SPDX-License-Identifier: MIT

import Scuttlebutt

/// An update whose payload is `["k",<value>]`; traps for what cannot be one.
func update(_ source: String, _ time: Double, _ value: String = "1") -> Update {
    guard let source = Source(source), let timestamp = Timestamp(time) else {
        preconditionFailure("a test wrote an update that cannot exist")
    }
    return Update(
        payload: Array("[\"k\",\(value)]".utf8), timestamp: timestamp, source: source)
}

/// The smallest replicated type: of two writes to one key the larger stamp wins.
struct LastWriterMap: Replicated {
    private var winners: [Payload: Update] = [:]

    func history(since known: VersionVector) -> [Update] {
        winners.values.filter { !known.covers($0.stamp) }.sorted { $0.stamp < $1.stamp }
    }

    mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
        guard update.payload.starts(with: Array("[\"".utf8)),
            let comma = update.payload.firstIndex(where: { $0 == 0x2C || $0 == 0x5D })
        else { return .refused("not [key, value]") }
        let key = Array(update.payload[..<comma])
        if let winner = winners[key], winner.stamp > update.stamp { return .applied }
        winners[key] = update
        changes?.append(update)
        return .applied
    }

    var retainedByteCount: Int { winners.values.reduce(0) { $0 + $1.byteCount } }

    var texts: [String] {
        winners.values.map { String(decoding: $0.payload, as: UTF8.self) }.sorted()
    }
}

/// Lines as text, each without its newline.
func lines(_ block: WireBlock) -> [String] {
    String(decoding: block.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}
