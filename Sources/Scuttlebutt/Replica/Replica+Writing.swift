// SPDX-License-Identifier: MIT

extension Replica {
    /// An own payload at the signer.
    struct Signing: Sendable {
        /// `nil` while there is no answer; `.some(nil)` if the signer could not sign.
        var answer: CheckedPayload??
    }

    /// Stamps an own payload, puts it into the value, and asks for it to be saved; for a replica
    /// that does not sign.
    ///
    /// It goes to peers when it is saved, or now if nothing is saved.
    ///
    /// - Parameters:
    ///   - payload: What to write.
    ///   - milliseconds: The wall clock, in milliseconds since 1970; the Lamport counter
    ///     ignores it.
    ///   - effects: What is to be done is appended to it.
    /// - Throws: ``ReplicaError``, and nothing has changed: the value refuses the payload, the size
    ///   limit is reached, or no timestamp is left.
    public mutating func write(
        _ payload: CheckedPayload, wallClock milliseconds: Double = 0,
        into effects: inout [Effect]
    ) throws(ReplicaError) -> Update {
        let update = Update(
            payload: payload.bytes, timestamp: try nextTimestamp(milliseconds),
            source: gossip.source)
        var changes: [Value.Change]? = describesChanges ? [] : nil
        // Not through a method of `self`: that would hold a copy of it while the log grows, and the
        // log would be copied at every write.
        switch apply(update, changes: &changes) {
        case .applied: break
        case .refused(let message): throw ReplicaError(.refused, message)
        case .tooLarge: throw ReplicaError(.sizeLimit, sizeLimitMessage)
        }
        noteWritten(update.timestamp, changes, into: &effects)
        if configuration.savesUpdates {
            lastSave += 1
            own.unsaved.append(OwnUpdates.Unsaved(token: lastSave, update: update))
            effects.append(.save(lastSave, [update]))
        } else {
            release(update, into: &effects)
        }
        return update
    }

    /// Writes like ``write(_:wallClock:into:)-(CheckedPayload,_,_)``, and returns only the
    /// timestamp.
    ///
    /// Where nothing is saved and nobody is connected, the payload is moved into the value, and no
    /// reference is counted on the way.
    @specialized(where Value == UpdateLog)
    public mutating func stamp(
        _ payload: consuming CheckedPayload, wallClock milliseconds: Double = 0,
        into effects: inout [Effect]
    ) throws(ReplicaError) -> Timestamp {
        guard !configuration.savesUpdates, gossip.peerCount == 0, mayReleaseOwn,
            value.retainedByteCount + payload.bytes.count <= configuration.sizeLimit
        else { return try write(payload, wallClock: milliseconds, into: &effects).timestamp }
        return try stampAlone(payload.takeBytes(), wallClock: milliseconds, into: &effects)
    }

    @inline(__always)
    private mutating func stampAlone(
        _ payload: consuming Payload, wallClock milliseconds: Double, into effects: inout [Effect]
    ) throws(ReplicaError) -> Timestamp {
        let timestamp = try nextTimestamp(milliseconds)
        var changes: [Value.Change]? = describesChanges ? [] : nil
        switch value.apply(payload, at: timestamp, from: gossip.source, changes: &changes) {
        case .applied: break
        case .refused(let message): throw ReplicaError(.refused, message)
        }
        noteWritten(timestamp, changes, into: &effects)
        gossip.acceptOwn(timestamp)
        return timestamp
    }

    /// Returns the timestamp of the next own update, which counts as used once that is written.
    @inline(__always)
    private func nextTimestamp(_ milliseconds: Double) throws(ReplicaError) -> Timestamp {
        guard hasHeardHeader || !configuration.mayHaveWritten else {
            throw ReplicaError(
                .sourceUnsettled,
                "this identity may have written before, and no peer has said yet what it has of it"
            )
        }
        guard let timestamp = timestamps.following(wallClock: milliseconds) else {
            throw ReplicaError(.noTimestampLeft, "no timestamp is left for this source")
        }
        return timestamp
    }

    @inline(__always)
    private mutating func noteWritten(
        _ timestamp: Timestamp, _ changes: [Value.Change]?, into effects: inout [Effect]
    ) {
        timestamps.recover(own: timestamp)
        own.newest = timestamp
        if let changes, !changes.isEmpty { effects.append(.changed(changes, isReset: false)) }
    }

    /// Checks an own payload and writes it; see ``write(_:wallClock:into:)``.
    ///
    /// - Throws: ``ReplicaError`` also where other peers would refuse the payload.
    public mutating func write(
        _ payload: Payload, wallClock milliseconds: Double = 0, into effects: inout [Effect]
    ) throws(ReplicaError) -> Update {
        try write(configuration.wire.check(payload), wallClock: milliseconds, into: &effects)
    }

    // MARK: Signing

    /// The oldest own payload at the signer; `nil` when there is none.
    public var oldestSigning: SigningID? {
        signing.isEmpty ? nil : SigningID(number: signing.start)
    }

    /// The own payload that went to the signer last, even if it has come back.
    public var newestSigning: SigningID { SigningID(number: signing.end - 1) }

    /// Own payloads keep the order in which they were submitted, whichever signature comes first.
    mutating func settleSigning(
        _ id: SigningID, _ payload: CheckedPayload?, into effects: inout [Effect]
    ) {
        guard signing.contains(id.number) else { return }
        signing[id.number]?.answer = .some(payload)
        while let first = signing.first, let answer = first.answer {
            let id = SigningID(number: signing.start)
            signing.removeFirst()
            guard let signed = answer else {
                effects.append(.notSigned(id, "the payload could not be signed"))
                continue
            }
            do throws(ReplicaError) {
                let update = try write(signed, wallClock: wallClock, into: &effects)
                effects.append(.signed(id, update))
            } catch {
                effects.append(.notSigned(id, error.message))
            }
        }
    }

    // MARK: Leaving

    mutating func settleSave(_ token: Int, into effects: inout [Effect]) {
        while let first = own.unsaved.first, first.token <= token {
            own.unsaved.removeFirst()
            release(first.update, into: &effects)
        }
    }

    /// Whether no older own update is on its way home or being verified.
    @inline(__always) private var mayReleaseOwn: Bool {
        own.isIdle && (queues.isEmpty || queues[source] == nil)
    }

    /// Releases an own update to the peers, in the order of writing and behind older own updates
    /// that are still on their way home.
    mutating func release(_ update: Update, into effects: inout [Effect]) {
        guard mayReleaseOwn else {
            own.held.append(update)
            return settleOwn(into: &effects)
        }
        gossip.accept(update)
        if gossip.peerCount > 0 { effects.append(.wakeAll) }
    }
}
