// SPDX-License-Identifier: MIT

import Scuttlebutt
import Testing

/// A value is changed in place: a second reference to it anywhere in the replica would copy a log
/// of a million updates at each write.
@Suite(.timeLimit(.minutes(20))) struct InPlaceTests {
    /// A log that notes when it is changed while somebody else refers to it.
    private struct WatchedLog: Replicated {
        private final class Mark: Sendable {}

        private var mark = Mark()
        private var log = UpdateLog()
        private(set) var copies = 0

        func history(since known: VersionVector) -> [Update] { log.delta(since: known) }

        mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
            if !isKnownUniquelyReferenced(&mark) {
                copies += 1
                mark = Mark()
            }
            return log.apply(update, changes: &changes)
        }

        var retainedByteCount: Int { log.byteCount }
    }

    @Test(arguments: [true, false], [true, false])
    func `no write and no arrival copies the value`(saves: Bool, isConnected: Bool) throws {
        let source = try #require(Source("me"))
        var configuration = ReplicaConfiguration()
        configuration.savesUpdates = saves
        // The value before the first update is kept too, so the first change copies it, once.
        var replica = Replica(WatchedLog(), source: source, configuration: configuration)
        var effects: [ReplicaEffect<Update>] = []
        let peer = replica.open()
        if !isConnected { replica.handle(.closed(peer), into: &effects) }
        let payload = try configuration.wire.check(Array("1".utf8))
        for number in 1...100 {
            _ = try replica.write(payload, into: &effects)
            _ = try replica.stamp(payload, into: &effects)
            if isConnected {
                let arrival = IncomingLine(.message(.update(update("you", Double(number)))))
                replica.handle(.received(peer, [arrival]), into: &effects)
            }
            replica.handle(.saved(replica.lastSave), into: &effects)
            effects = []
        }
        #expect(replica.value.history(since: VersionVector()).count == (isConnected ? 300 : 200))
        #expect(replica.value.copies <= 1)
    }
}
