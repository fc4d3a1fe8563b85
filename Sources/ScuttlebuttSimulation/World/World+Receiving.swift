// SPDX-License-Identifier: MIT

import Scuttlebutt

extension World {
    /// The largest size of an unfinished line, in bytes; a longer one ends the connection.
    static var lineLimit: Int { 1 << 20 }

    /// Delivers the first frame of a pipe to the other end, line by line.
    mutating func deliver(_ number: Int, _ end: Int) {
        guard let frame = connections[number].ends[end].pipe.first, frame.due <= time,
            !connections[number].isBlocked
        else { return }
        let receiver = connections[number].ends[1 - end].node
        if let receiver, nodes[receiver].isSlow { return }
        if let receiver { trimSometimes(receiver) }
        let wasFull =
            connections[number].ends[end].pipe.queuedByteCount >= script.network.capacity
        _ = connections[number].ends[end].pipe.removeFirst()
        if let next = connections[number].ends[end].pipe.first {
            queue.add(.deliver(connection: number, end: end), due: max(time, next.due))
        }
        let isOpen = connections[number].ends[1 - end].isOpen
        if isOpen, let receiver {
            receive(frame, number, end, receiver)
        }
        // Only a sender that was stopped by a full pipe has more to send.
        if wasFull { scheduleWrite(number, end) }
    }

    private mutating func receive(_ frame: Pipe.Frame, _ number: Int, _ end: Int, _ node: Int) {
        var incoming: [IncomingLine] = []
        swap(&incoming, &self.incoming)
        var fault: SessionError?
        let newline = UInt8(ascii: "\n")
        var start = 0
        frame.bytes.withUnsafeBufferPointer { bytes in
            while fault == nil, let stop = bytes[start...].firstIndex(of: newline) {
                let rest = UnsafeBufferPointer(rebasing: bytes[start..<stop])
                start = stop + 1
                do throws(SessionError) {
                    let line: DecodedLine
                    if connections[number].ends[end].pipe.partial.isEmpty {
                        line = try connections[number].ends[end].pipe.decoder.decode(rest)
                    } else {
                        var whole = connections[number].ends[end].pipe.partial
                        whole += rest
                        connections[number].ends[end].pipe.partial = []
                        line = try connections[number].ends[end].pipe.decoder.decode(whole)
                    }
                    inspect(line, frame, number, end, node)
                    var fingerprint: Fingerprint?
                    if verifies, case .message(.update(let update)) = line {
                        fingerprint = World.fingerprint(update)
                    }
                    incoming.append(IncomingLine(line, fingerprint: fingerprint))
                } catch {
                    fault = error
                }
            }
        }
        if fault == nil, start < frame.bytes.count {
            connections[number].ends[end].pipe.partial += frame.bytes.dropFirst(start)
            if connections[number].ends[end].pipe.partial.count > Self.lineLimit {
                fault = SessionError(.notJSON, "a line has no end")
            }
        }
        connections[number].ends[1 - end].arrivals += incoming.count
        figures.lines += incoming.count
        note(13, number &* 2 &+ end, incoming.count) {
            "\($0.name(node)) reads \(incoming.map { World.summary($0.line) }) from #\(number)"
        }
        if !incoming.isEmpty, let session = connections[number].ends[1 - end].session {
            handle(node, .received(session, incoming))
        }
        incoming.removeAll(keepingCapacity: true)
        swap(&incoming, &self.incoming)
        guard let fault else { return }
        if connections[number].ends[end].node != nil {
            fail(.session, "\(name(node)) cannot read an honest peer: \(fault.message)")
        }
        close(number, 1 - end, notifiesOtherEnd: true)
    }

    /// Checks a line sent between honest peers; of an attacker's line, records what it may have
    /// spoiled.
    private mutating func inspect(
        _ line: DecodedLine, _ frame: Pipe.Frame, _ number: Int, _ end: Int, _ node: Int
    ) {
        if case .message(.digest(let digest)) = line { noteClaim(digest, number, end, node) }
        if case .message(.update(let update)) = line { expectReport(update, node) }
        guard let sender = connections[number].ends[end].node else {
            if case .message(.update(let update)) = line { suspect(update, number, end, node) }
            return
        }
        checkHeld(number, end)
        switch line {
        case .ignored:
            fail(.session, "\(name(sender)) sent a line that means nothing")
        case .refused(let refusal):
            fail(.session, "\(name(sender)) sent what is refused: \(refusal.message)")
        case .message(.digest):
            if connections[number].ends[end].pipe.hasHeader {
                fail(.session, "\(name(sender)) sent two headers")
            }
            connections[number].ends[end].pipe.hasHeader = true
        case .message(.sync):
            connections[number].ends[end].pipe.noteSync()
            if connections[number].ends[end].pipe.syncCount > 1 {
                fail(.session, "\(name(sender)) said SYNC twice")
            }
        case .message(.probe), .message(.probeAnswer), .message(.refusal), .message(.presence):
            break
        case .message(.update(let update)):
            inspect(update, from: sender, frame, number, end, node)
        }
    }

    private mutating func inspect(
        _ update: Update, from sender: Int, _ frame: Pipe.Frame, _ number: Int, _ end: Int,
        _ node: Int
    ) {
        let value = update.timestamp.value
        let writer = ledger.index(of: update.source)
        if !connections[number].ends[end].pipe.hasHeader {
            fail(.session, "\(name(sender)) sent an update before its header")
        }
        if update.source == nodes[sender].source, value > frame.durableOwn,
            ledger.writers[writer].taintedFrom == nil
        {
            fail(.savedBeforeSent, "\(update.stamp.text) left before it was saved")
        }
        if !connections[number].ends[end].pipe.noteSent(writer, value) {
            fail(
                .session,
                "\(name(sender)) sent \(update.stamp.text) to \(name(node)) twice or out of order")
        }
        // A source whose history was lost or forged writes some stamps again.
        let isSpoiled = ledger.writers[writer].taintedFrom != nil
        if !isSpoiled,
            connections[number].ends[end].hadHeard(writer, value, before: frame.heardArrivals)
        {
            fail(
                .session,
                "\(name(sender)) sent \(update.stamp.text) back to \(name(node)), which had sent it"
            )
        }
        connections[number].ends[1 - end].hear(writer, value)
        connections[number].ends[end].pipe.noteHeld(update.stamp, at: time)
        figures.updateLines += 1
    }

    /// Records what an attacker's update spoils.
    ///
    /// This wire has neither signatures nor sequence numbers. Losses caused by an attack are
    /// therefore inherent, and no promise is made about the source any more.
    private mutating func suspect(_ update: Update, _ number: Int, _ end: Int, _ node: Int) {
        let writer = ledger.index(of: update.source)
        guard ledger.writers[writer].owner != nil,
            nodes[node].peer?.withPeer({ $0.gossip.covers(update.stamp) }) != true
        else { return }
        var pipe = connections[number].ends[end].pipe
        while pipe.chain.count <= writer { pipe.chain.append(0) }
        var next = max(pipe.chain[writer], ledger.count(node, writer))
        if nodes[node].writer == writer {
            // Updates that the writer has not yet released come after those sent in its name.
            let newest = nodes[node].peer?.withPeer { $0.gossip.newestOwn?.value ?? 0 } ?? 0
            let out = ledger.writers[writer].written.prefix { $0.timestamp.value <= newest }
            next = min(next, out.count)
        }
        if let place = ledger.place(of: update, writer: writer) {
            if place > next { taint(writer, from: next, "a replay left a gap") }
            pipe.chain[writer] = max(next, place + 1)
            connections[number].ends[end].pipe = pipe
        } else if ledger.isGenuine(update, writer: writer) {
            // It was written after a restore, when there were no promises any more.
            taint(writer, from: next, "a replay left a gap")
        } else if !verifies {
            taint(writer, from: next, "a forgery was sent to \(name(node))")
        }
    }

    mutating func taint(_ writer: Int, from place: Int, _ reason: String) {
        ledger.taint(writer, from: place)
        let source = ledger.writers[writer].source.text
        note(14, writer, place) { _ in
            "nothing is promised of \(source) from \(place) on: \(reason)"
        }
    }

    // MARK: Reports

    mutating func hear(_ event: ReplicaEvent, _ node: Int) {
        switch event {
        case .cutOff, .storageFailed, .missed, .setAside:
            break
        case .historyReceived(let peer), .synced(let peer):
            figures.synced += 1
            checkTold(event, of: peer, node)
        case .stale:
            figures.stale += 1
        case .equivocation(let stamp):
            figures.equivocations += 1
            nodes[node].unreported.removeAll { $0 == stamp }
            note(15, node, 0) { "\($0.name(node)) finds two updates at \(stamp.text)" }
            let writer = ledger.index(of: stamp.source)
            if attackCount == 0, ledger.writers[writer].taintedFrom == nil {
                fail(.report, "\(name(node)) accuses \(stamp.source.text) of equivocation")
            }
        case .ownUpdatesMissing(let claimed):
            nodes[node].ownClaims.count += 1
            note(16, node, 0) { "\($0.name(node)) lacks own updates up to \(claimed.value)" }
            if attackCount == 0, ledger.writers[nodes[node].writer].taintedFrom == nil {
                fail(
                    .report,
                    "\(name(node)) is told that it lost own updates, up to \(claimed.value)")
            }
        case .refused(let refusal, let peer):
            figures.refused += 1
            let stamp = refusal.stamp?.text ?? "a line"
            note(17, node, 0) { "\($0.name(node)) refuses \(stamp): \(refusal.message)" }
            guard let peer, refusal.reason != .policy, refusal.reason != .remembered else { return }
            if let source = refusal.stamp?.source {
                // An update written again after a restore need not suit what is there.
                let writer = ledger.index(of: source)
                if ledger.writers[writer].taintedFrom != nil { return }
            }
            let place = nodes[node].ends[peer.number - 1]
            if connections[place.connection].ends[1 - place.end].node != nil, attackCount == 0,
                ledger.writers[nodes[node].writer].taintedFrom == nil
            {
                fail(
                    .report, "\(name(node)) refuses \(stamp) of an honest peer: \(refusal.message)")
            }
        }
    }

    static func summary(_ line: DecodedLine) -> String {
        switch line {
        case .ignored: "nothing"
        case .refused: "garbage"
        case .message(.digest(let digest)): "header(\(digest.vector.description))"
        case .message(.sync): "SYNC"
        case .message(.probe): "PING"
        case .message(.probeAnswer): "PONG"
        case .message(.refusal(let stamp)): "REFUSED \(stamp.text)"
        case .message(.presence(let news)): "\(news.value == nil ? "GONE" : "HERE") \(news.source)"
        case .message(.update(let update)): update.stamp.text
        }
    }

    /// Returns a hash of everything that identifies an update; the real driver uses SHA-256.
    static func fingerprint(_ update: Update) -> Fingerprint? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for lane in 0..<4 as Range<UInt64> {
            var bits = 0xCBF2_9CE4_8422_2325 &+ lane &* 0x9E37_79B9_7F4A_7C15
            for byte in update.payload { bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            for byte in update.source.utf8 { bits = (bits ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            bits ^= update.timestamp.value.bitPattern &* 0xBF58_476D_1CE4_E5B9
            for shift in stride(from: 0 as UInt64, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
        }
        return Fingerprint(bytes: bytes)
    }
}
