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
        options.confirmsRelayed = true
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
                guard line.count <= ClassicWire.maximumLineByteCount else {
                    throw SessionError(.sizeLimit, "a line is too long")
                }
                lines.append(IncomingLine(try connections[place].decoder.decode(line)))
            }
        } catch {
            fault = error
        }
        if !setAside.isEmpty { lines.forEach { putBackIfKnown($0.line) } }
        // What came before the fault counts.
        handle(.received(peer, lines))
        for line in lines {
            if case .message(.digest) = line.line { events.event("header", session) }
        }
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

    /// Returns the answers and the probe that are due for a peer, and nothing else.
    package mutating func pullProbes(_ session: Int, limit: Int) -> [UInt8]? {
        guard let place = place(of: session) else { return nil }
        let block = replica.pullProbes(connections[place].peer, limit: DeltaLimit(bytes: limit))
        return block.isEmpty ? nil : block.bytes
    }

    /// Where a session stands: a bit for each of `SESSION` in `Web/core.js`; −1 if it is not open.
    package func progress(of session: Int) -> Int {
        guard let place = place(of: session),
            let progress = replica.progress(of: connections[place].peer)
        else { return -1 }
        let bits = [
            progress.hasHeardHeader, progress.hasReceivedSync, progress.hasSentSync,
            progress.answers, progress.neverAnswers, progress.hasUnconfirmed, progress.hasWithheld,
            replica.gossip.hasWork(for: connections[place].peer),
        ]
        return bits.reversed().reduce(0) { $0 * 2 + ($1 ? 1 : 0) }
    }

    /// The newest timestamp of a source that the peer of a session is known to have; 0 for none.
    package func known(in session: Int, of source: Source) -> Double {
        guard let place = place(of: session) else { return 0 }
        return replica.knownTimestamp(of: source, by: connections[place].peer)?.value ?? 0
    }

    /// How many updates were sent in a session that are to be confirmed, or how many of them were.
    package func count(in session: Int, confirmed: Bool) -> Int {
        guard let place = place(of: session),
            let progress = replica.progress(of: connections[place].peer)
        else { return 0 }
        return confirmed ? progress.confirmedCount : progress.sentCount
    }

    /// Asks a peer for a sign of life.
    ///
    /// - Returns: Whether it has to say something.
    package mutating func probe(_ session: Int, isUrgent: Bool) -> Bool {
        guard let place = place(of: session) else { return false }
        if isUrgent { replica.requestUrgentProbe(of: connections[place].peer) }
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
