// SPDX-License-Identifier: MIT

package import Scuttlebutt

extension PageCore {
    /// Begins a session for a connection that was just opened.
    ///
    /// - Parameters:
    ///   - probes: Whether this side asks for signs of life and confirmations from the start.
    ///   - longestLine: See ``Scuttlebutt/SessionOptions/longestLine``; 0 if it is not known.
    /// - Returns: Its number; 0 if there are too many.
    package mutating func open(probes: Bool, longestLine: Int) -> Int {
        guard connections.count < PageCore.connectionLimit else { return 0 }
        var options = SessionOptions()
        options.headerForm = .fork
        options.probing = probes ? .fromStart : .ifPeerProbes
        if longestLine > 0 { options.longestLine = longestLine }
        let peer = replica.open(options)
        connections.append(
            Connection(peer: peer, decoder: LineDecoder(wire: replica.configuration.wire)))
        return peer.number
    }

    private func place(of session: Int) -> Int? {
        connections.firstIndex { $0.peer.number == session }
    }

    /// Takes lines of a peer that arrived together.
    ///
    /// - Returns: Whether the session is still open.
    package mutating func receive(_ bytes: UnsafeBufferPointer<UInt8>, from session: Int) -> Bool {
        guard let place = place(of: session) else { return false }
        let peer = connections[place].peer
        var lines: [IncomingLine] = []
        var fault: SessionError?
        do throws(SessionError) {
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                let line = UnsafeBufferPointer(rebasing: line)
                lines.append(IncomingLine(try connections[place].decoder.decode(line)))
            }
        } catch {
            fault = error
        }
        // What came before the fault counts.
        handle(.received(peer, lines))
        guard let fault else { return self.place(of: session) != nil }
        guard self.place(of: session) != nil else { return false }
        events.report("cutOff", fault.message, nil, peer)
        events.close(session, fault.message)
        close(session)
        return false
    }

    /// The connection has ended.
    package mutating func close(_ session: Int) {
        guard let place = place(of: session) else { return }
        let peer = connections.remove(at: place).peer
        handle(.closed(peer))
    }

    /// Returns the next lines for a peer whose connection has room; `nil` when there are none.
    package mutating func pull(_ session: Int, limit: Int) -> [UInt8]? {
        guard let place = place(of: session) else { return nil }
        var effects: [ReplicaEffect<Update>] = []
        let outgoing = replica.pull(
            connections[place].peer, limit: DeltaLimit(bytes: limit), into: &effects)
        let bytes = outgoing.flatMap { outgoing in
            outgoing.shared.map { replica.gossip.sharedBlock($0)?.bytes ?? [] }
                ?? outgoing.block.bytes
        }
        perform(effects)
        return bytes
    }

    /// Asks a peer for a sign of life.
    ///
    /// - Returns: Whether it has to say something.
    package mutating func probe(_ session: Int) -> Bool {
        guard let place = place(of: session) else { return false }
        var effects: [ReplicaEffect<Update>] = []
        let answers = replica.requestProbe(of: connections[place].peer, into: &effects)
        perform(effects)
        return answers
    }

    /// The time of a timer is over.
    package mutating func timerFired(_ number: Int) {
        if let timer = timers.removeValue(forKey: number) { handle(.timerFired(timer)) }
    }
}
