// SPDX-License-Identifier: MIT

import Scuttlebutt

/// What others have told a peer, in this life, about own updates that it lacks.
struct OwnClaims: Sendable {
    /// How long own updates are held back for older ones to come home, in microseconds.
    static let patience: Int64 = 2_000_000
    /// After so many claims in one life none holds anything back.
    static let limit = 16

    /// Somebody's word that there is an own update which the peer does not have.
    struct Claim: Sendable {
        let timestamp: Double
        let connection: Int
        let end: Int
        let until: Int64
    }

    /// Those that may still come true.
    var open: [Claim] = []
    /// How many were heard.
    var count = 0
    /// The highest own timestamp that an honest peer said to have.
    var highest: Double = 0
    /// The newest own timestamp that was written.
    var lastWritten: Double = 0
}

extension World {
    /// Checks the effects of one transition before any of them is performed.
    ///
    /// What a peer accepts it also saves, in one piece and before it tells anybody; and what came
    /// together is one batch. Later on nobody could see the difference: others would bring back
    /// what was not saved, and folding hides how many batches there were.
    mutating func checkEffects(_ effects: [Effect], of node: Int) {
        guard nodes[node].saves else { return }
        var saved: [Update] = []
        for effect in effects {
            switch effect {
            case .save(_, let updates):
                saved = updates
            case .accepted(let updates):
                if saved.count > updates.count {
                    fail(
                        .notification,
                        "\(name(node)) applies \(updates.count) of \(saved.count) updates that "
                            + "came together")
                } else if saved.count != updates.count || saved.last?.stamp != updates.last?.stamp {
                    let stamp = updates.last?.stamp.text ?? "nothing"
                    fail(.durability, "\(name(node)) accepts \(stamp) and does not save it")
                }
                saved = []
            case .changed, .verify, .remember, .wake, .wakeAll, .startTimer, .close, .report,
                .sign, .signed, .notSigned, .read, .presence:
                continue
            }
        }
    }

    // MARK: Updates that come a second time

    /// After so many folds of a peer it is given something that it has folded before.
    static var repetitionInterval: Int { 8 }

    /// An update that a peer has folded, now and then: a history must not fold it again, whoever
    /// is in front of it.
    mutating func repetition(_ node: Int) -> [Update] {
        let folded = nodes[node].folded
        let count = nodes[node].foldCount
        guard foldsLater, !folded.isEmpty, count % Self.repetitionInterval == 0 else { return [] }
        let update = folded[(count &* 31) % folded.count]
        // Below a floor a history cannot tell, and relies on the replica.
        if isTiered(node),
            nodes[node].peer?.withPeer({ $0.recognizes(update.stamp) }) != true
        {
            return []
        }
        return [update]
    }

    // MARK: Liars

    /// Keeps what was accepted of a source that no peer writes as.
    mutating func noteStranger(_ update: Update, _ node: Int) {
        guard attackCount > 0, program.canVerify else { return }
        let writer = ledger.index(of: update.source)
        guard ledger.writers[writer].owner == nil else { return }
        nodes[node].strangers[update.stamp] = update.payload
    }

    /// Of two different updates with one stamp the second is to be reported.
    mutating func expectReport(_ update: Update, _ node: Int) {
        // It is compared only with what is in memory.
        guard attackCount > 0, !verifies, !isTiered(node),
            let known = nodes[node].strangers[update.stamp],
            known != update.payload, !nodes[node].unreported.contains(update.stamp)
        else { return }
        nodes[node].unreported.append(update.stamp)
    }

    // MARK: A store that was lost

    /// Takes note of what an honest peer's header says of the reader's own updates.
    mutating func noteClaim(_ digest: Digest, _ number: Int, _ end: Int, _ node: Int) {
        // Of a type that forgets, what is claimed may have been replaced, and never comes.
        let own = nodes[node].source
        guard retainsEverything, connections[number].ends[end].node != nil,
            connections[number].ends[1 - end].isOpen,
            let claimed = digest.vector[own], claimed <= .clockCeiling
        else { return }
        let value = claimed.value
        nodes[node].ownClaims.highest = max(nodes[node].ownClaims.highest, value)
        let newest = nodes[node].peer?.withPeer { $0.gossip.newestOwn?.value ?? 0 } ?? 0
        guard value > max(newest, nodes[node].ownClaims.lastWritten) else { return }
        nodes[node].ownClaims.open.append(
            OwnClaims.Claim(
                timestamp: value, connection: number, end: 1 - end,
                until: time + OwnClaims.patience))
    }

    /// Checks an own update that was just written.
    mutating func checkClaims(writing update: Update, _ node: Int) {
        let value = update.timestamp.value
        if value <= nodes[node].ownClaims.highest {
            fail(
                .clock,
                "\(update.stamp.text) was written after a peer had claimed an own update at "
                    + "\(nodes[node].ownClaims.highest)")
        }
        nodes[node].ownClaims.lastWritten = value
    }

    /// What is claimed has come home.
    mutating func settleClaims(_ update: Update, _ node: Int) {
        nodes[node].ownClaims.open.removeAll { $0.timestamp <= update.timestamp.value }
    }

    /// No own update goes out while an older one is awaited, because it would hide that one
    /// forever.
    mutating func checkClaims(_ node: Int) {
        guard !nodes[node].ownClaims.open.isEmpty else { return }
        let now = time
        let connections = connections
        nodes[node].ownClaims.open.removeAll { claim in
            claim.until <= now || !connections[claim.connection].ends[claim.end].isOpen
        }
        guard nodes[node].ownClaims.count < OwnClaims.limit,
            let newest = nodes[node].peer?.withPeer({ $0.gossip.newestOwn?.value ?? 0 }),
            let claim = nodes[node].ownClaims.open.first(where: { $0.timestamp < newest })
        else { return }
        fail(
            .prefix,
            "\(name(node)) let out its update at \(newest), and waits for its own at "
                + "\(claim.timestamp)")
    }
}
