// SPDX-License-Identifier: MIT

package import Scuttlebutt

extension PageCore {
    /// Says what this peer does at the moment, as `Replica.setPresence` does.
    ///
    /// - Parameter value: A JSON object; `null` to leave.
    package mutating func present(
        _ value: Payload, lifetime: Int, wallClock: Double
    ) throws(ReplicaError) {
        var effects: [ReplicaEffect<Update>] = []
        try replica.setPresence(
            value.elementsEqual("null".utf8) ? nil : value, lifetime: lifetime,
            wallClock: wallClock, into: &effects)
        perform(effects)
    }

    /// Who else is here, as JSON: `[[source, value], …]`, those with the newest news last.
    package var presence: [UInt8] {
        var bytes: [UInt8] = []
        replica.gossip.presence.forEachOther { news in
            bytes.append(bytes.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
            bytes.append(UInt8(ascii: "["))
            JSONString.encode(news.source.utf8, into: &bytes)
            bytes.append(UInt8(ascii: ","))
            bytes.append(contentsOf: news.value ?? [])
            bytes.append(UInt8(ascii: "]"))
        }
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "]")) }
        return bytes
    }
}
