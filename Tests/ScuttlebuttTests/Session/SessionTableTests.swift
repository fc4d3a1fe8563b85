// SPDX-License-Identifier: MIT

import TestSupport
import Testing

@testable import Scuttlebutt

@Suite(.timeLimit(.minutes(20))) struct SessionTableTests {
    @Test(arguments: UInt64(0)..<50)
    func `a session is found until it is removed, whichever others were`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var table = SessionTable()
        var cursors: [Int: Int] = [:]
        for number in 1...120 {
            let peer = PeerID(number: number)
            table.append(peer, Session(options: SessionOptions()))
            #expect(table.withMutableSession(peer) { $0.cursor = number } != nil)
            cursors[number] = number
            for _ in 0..<2 {
                let other = Int.random(in: 1...number, using: &random)
                let peer = PeerID(number: other)
                #expect(table.withSession(peer) { $0.cursor } == cursors[other].map { .some($0) })
                guard Bool.random(using: &random) else { continue }
                table.remove(peer)
                cursors[other] = nil
                #expect(!table.isOpen(peer))
            }
            #expect(table.count == cursors.count)
            #expect(table.isEmpty == cursors.isEmpty)
            #expect(table.openPeers.map(\.number) == cursors.keys.sorted())
            // All that are open are asked, and no other.
            #expect(table.allSatisfy { cursors[$0.cursor ?? 0] != nil })
            for open in cursors.keys { #expect(!table.allSatisfy { $0.cursor != open }) }
        }
    }

    @Test func `what some peer has confirmed counts while its session is open`() throws {
        var table = SessionTable()
        for number in 1...3 {
            let peer = PeerID(number: number)
            table.append(peer, Session(options: SessionOptions()))
            #expect(table.newestConfirmed?.value == (number > 1 ? Double(number - 1) : nil))
            let stamp = update("A", Double(number)).stamp
            _ = table.withMutableSession(peer) { $0.markSent(own: stamp.timestamp) }
        }
        #expect(table.newestConfirmed?.value == 3)
        table.remove(PeerID(number: 3))
        #expect(table.newestConfirmed?.value == 2)
    }
}
