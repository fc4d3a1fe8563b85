// SPDX-License-Identifier: MIT

package import Rewind
package import Scuttlebutt

// What the server does not take: the page takes it back, so that its state is everybody's.

extension PageCore {
    /// Takes the action with this number out of the history, and sends it to nobody.
    ///
    /// - Returns: Whether there was such an action, which was in the history.
    package mutating func setAside(_ number: Int) -> Bool {
        guard stamps.indices.contains(number), let stamp = stamps[number],
            !setAside.contains(number)
        else { return false }
        setAside.append(number)
        replica.leaveOut(stamp)
        queue.remove(stamp)
        return true
    }

    /// Puts an action back that was set aside, if a peer shows that it has it after all: by its
    /// header, or because it sends it.
    mutating func putBackIfKnown(_ line: DecodedLine) {
        guard case .message(let message) = line else { return }
        if case .update(let update) = message, !replica.leavesOut(update.stamp) { return }
        for number in setAside {
            guard let stamp = stamps[number] else { continue }
            switch message {
            case .digest(let digest):
                // Nothing later of its source was sent then, so the claim is about this one.
                if digest.vector[stamp.source] == stamp.timestamp { putBack(number, stamp) }
            case .update(let update):
                if update.stamp == stamp { putBack(number, stamp) }
            default: return
            }
        }
    }

    private mutating func putBack(_ number: Int, _ stamp: Stamp) {
        guard let update = replica.value.update(at: stamp) else { return }
        setAside.removeAll { $0 == number }
        replica.bringBack(stamp)
        queue.add([HistoryEntry(Model.action(update.payload, number: number), at: stamp)])
        events.event("putBack", number)
    }

    /// Notes that this stamp was used in an earlier life for an action that is gone.
    package mutating func use(_ timestamp: Timestamp, of source: Source) {
        replica.restore(used: Stamp(timestamp: timestamp, source: source))
    }

    /// Sends nothing from the action with this number on, of its source, to peers that lack it.
    package mutating func withhold(_ number: Int) {
        guard stamps.indices.contains(number), let stamp = stamps[number] else { return }
        replica.withhold(from: stamp)
    }

    /// Treats what this source has written like our own, because nobody else brings it.
    package mutating func adopt(_ source: Source) { replica.adopt(source) }

    /// Takes up that a peer has own actions up to this timestamp.
    package mutating func confirmed(_ timestamp: Timestamp) {
        replica.restore(confirmed: timestamp)
    }
}
