// SPDX-License-Identifier: MIT

import Testing

@testable import Scuttlebutt

@Suite struct SessionTableTests {
    @Test(arguments: UInt64(0)..<50)
    func `a session is found until it is removed, whichever others were`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var table = SessionTable()
        var cursors: [Int: Int] = [:]
        for number in 1...120 {
            let peer = PeerID(number: number)
            table.append(peer, Session(options: SessionOptions()))
            #expect(table.change(peer) { $0.cursor = number } != nil)
            cursors[number] = number
            for _ in 0..<2 {
                let other = Int.random(in: 1...number, using: &random)
                let peer = PeerID(number: other)
                #expect(table.look(peer) { $0.cursor } == cursors[other].map { .some($0) })
                guard Bool.random(using: &random) else { continue }
                table.remove(peer)
                cursors[other] = nil
                #expect(!table.isOpen(peer))
            }
            #expect(table.count == cursors.count)
            #expect(table.isEmpty == cursors.isEmpty)
            #expect(table.openPeers.map(\.number) == cursors.keys.sorted())
            let sum = table.fold(0) { $0 += $1.cursor ?? 0 }
            #expect(sum == cursors.values.reduce(0, +))
            #expect(table.lookAtFirst { $0.cursor } == cursors.keys.min().map { .some($0) })
        }
    }

    @Test func `a session that was exchanged is put back at its place`() throws {
        var table = SessionTable()
        for number in 1...3 {
            table.append(PeerID(number: number), Session(options: SessionOptions()))
        }
        table.remove(PeerID(number: 1))
        let place = try #require(table.index(of: PeerID(number: 2)))
        var session = Session(options: SessionOptions())
        table.exchange(&session, place)
        session.cursor = 7
        table.exchange(&session, place)
        #expect(table.look(PeerID(number: 2)) { $0.cursor } == 7)
        #expect(table.look(PeerID(number: 3)) { $0.cursor } == .some(nil))
        #expect(table.look(PeerID(number: 1)) { $0.cursor } == nil)
    }
}
