// SPDX-License-Identifier: MIT

import ReduxScuttlebutt
import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRelay
import ScuttlebuttRuntime
import TestSupport
import Testing

@Suite("Presence through a relay", .timeLimit(.minutes(20)))
struct RelayPresenceTests {
    @Test("Primus, WebSocket and TCP peers see each other, and the relay counts them")
    func allTransports() async throws {
        try await withRelay { relay, address in
            try await withPeer(address.http) { primus in
                try await withPeer(address.ws) { socket in
                    try await withPeer(address.tcpURL) { tcp in
                        let stores = [primus, socket, tcp]
                        for (index, store) in stores.enumerated() {
                            try store.presence.set("n", index)
                        }
                        for (index, store) in stores.enumerated() {
                            let others = await store.presence.reach { $0.count == 2 }
                            let numbers = others.compactMap { $0["n"]?.integer }.sorted()
                            #expect(numbers == [0, 1, 2].filter { $0 != index })
                        }
                        _ = await relay.store.presence.reach { $0.count == 3 }
                        #expect(relay.statistics.present == 3)
                        #expect(relay.store.updateCount == 0)
                        tcp.presence.clear()
                        _ = await primus.presence.reach { $0.count == 1 }
                    }
                }
            }
        }
    }

    @Test("A peer that floods the relay with sources neither stops it nor hides the others")
    func flood() async throws {
        try await withRelay { relay, address in
            try await withPeer(address.ws) { ada in
                try ada.presence.set("name", "Ada")
                _ = await relay.store.presence.reach { $0.count == 1 }
                try await RawConnection.run(address.tcpPort) { hostile in
                    for start in stride(from: 0, to: 10_000, by: 500) {
                        let lines = (start..<start + 500).map {
                            "\"HERE 1 3600 {\\\"n\\\":\($0)} evil \($0)\"\n"
                        }
                        try await hostile.say(lines.joined())
                    }
                    try await hostile.say("\"HERE 1 30 {} \"\n\"PING\"\n")
                    #expect(try await hostile.hears("\"PONG\""))
                }
                try await withPeer(address.http) { bob in
                    let others = await bob.presence.reach { others in
                        others.contains { $0["name"]?.string == "Ada" }
                    }
                    #expect(others.count <= PresenceTable.sourceLimit)
                }
                #expect(relay.statistics.present <= PresenceTable.sourceLimit)
                ada.dispatch("A")
                await relay.store.reaches { $0.log.count == 1 }
            }
        }
    }

    @Test("An original that dials in hears nothing of it")
    func original() async throws {
        try await withRelay { relay, address in
            try relay.store.presence.set("name", "the relay")
            try await RawConnection.run(address.tcpPort) { original in
                try await original.say("{\"id\":\"O\",\"clock\":{}}\n\"SYNC\"\n")
                #expect(try await original.hears("\"SYNC\""))
                try relay.store.presence.set("name", "still the relay")
                relay.store.dispatch("A")
                #expect(try await original.hears("{\"type\":\"A\"}"))
                let heard = String(decoding: original.heard, as: UTF8.self)
                #expect(!heard.contains("HERE"), "\(heard)")
            }
        }
    }
}

extension Presence {
    /// Waits until the others are as wanted.
    fileprivate func reach(_ isWanted: ([PresentPeer]) -> Bool) async -> [PresentPeer] {
        for await others in changes where isWanted(others) { return others }
        Issue.record("it ended before")
        return []
    }
}
