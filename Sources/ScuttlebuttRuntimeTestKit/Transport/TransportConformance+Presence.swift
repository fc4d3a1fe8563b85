// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime

extension TransportConformance {
    /// Lines of presence are strings with quotes in quotes, and come unasked from both sides.
    static let presence = TransportConformance("peers hear who is here, and who has left") {
        harness, listener, transport in
        let (a, b) = try await harness.pair(listener, transport)
        let (first, second) = (ReplicaDriver(UpdateLog()), ReplicaDriver(UpdateLog()))
        var asking = SessionOptions()
        asking.probing = .fromStart
        first.swarm.accept(a, options: asking)
        second.swarm.accept(b)
        let name = "A\"da\\ \u{2028}\u{1}€𝄞"
        try first.presence.set("name", name)
        try second.presence.set("name", "Bob")
        let seen = await others(of: second) { $0.count == 1 }
        try expect(seen.first?.source == first.source, "another source is here")
        try expect(
            try seen.first?.decode([String: String].self) == ["name": name],
            "the name changed on the way")
        let back = await others(of: first) { $0.count == 1 }
        try expect(
            try back.first?.decode([String: String].self) == ["name": "Bob"],
            "the way back is another")
        await first.shutDown()
        _ = await others(of: second) { $0.isEmpty }
        await second.shutDown()
    }

    private static func others(
        of driver: ReplicaDriver<UpdateLog>, _ isWanted: ([PresentPeer]) -> Bool
    ) async -> [PresentPeer] {
        for await others in driver.presence.changes where isWanted(others) { return others }
        return []
    }
}
