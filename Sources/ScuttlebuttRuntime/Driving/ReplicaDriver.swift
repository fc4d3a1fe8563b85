// SPDX-License-Identifier: MIT

public import Scuttlebutt
import Synchronization

/// Runs a replicated value: writes, connections, observers and storage around it.
///
/// Any thread may call anything. A local write shows at once, and goes to peers when it has been
/// saved, or at once where nothing is saved.
///
/// ```swift
/// let settings = ReplicaDriver(ReplicatedModel<JSONValue>())
/// settings.swarm.connect(TCPTransport(host: "127.0.0.1", port: 8_080))
/// try settings.write { try $0.setting("theme", to: "dark") }
/// settings.value["theme"]
/// ```
///
/// Dropping it without ``shutDown()`` leaves its connections running.
public final class ReplicaDriver<Value: Replicated>: Sendable {
    let engine: ReplicaEngine<Value>
    let listeners: ReplicaListeners<Value>
    let options: ReplicaOptions
    /// The connections.
    public let swarm: Swarm

    /// Creates the empty value of a source, for types that know who writes.
    private let make: (@Sendable (Source) -> Value)?

    /// Creates a replica that is kept in memory.
    ///
    /// - Parameters:
    ///   - value: Usually empty; updates that it has already are kept.
    ///   - options: The options of the replica.
    public convenience init(_ value: Value, options: ReplicaOptions = ReplicaOptions()) {
        var generator = SystemRandomNumberGenerator()
        let source = options.source ?? .random(using: &generator)
        self.init(ReplicaDriver.replica(value, source, options), options: options)
    }

    /// Creates a replica in memory of a type that has to know who writes, such as an array.
    ///
    /// - Parameters:
    ///   - options: The options of the replica.
    ///   - make: Creates the empty value of a writer.
    public convenience init(
        options: ReplicaOptions = ReplicaOptions(),
        making make: @escaping @Sendable (Source) -> Value
    ) {
        var generator = SystemRandomNumberGenerator()
        let source = options.source ?? .random(using: &generator)
        self.init(
            ReplicaDriver.replica(make(source), source, options), options: options, make: make)
    }

    /// Creates a replica that is saved, and restores what was saved before.
    ///
    /// - Parameters:
    ///   - value: Empty; what it has is not saved.
    ///   - storage: Where it is saved.
    ///   - options: The options of the replica.
    /// - Throws: `StorageError` when the storage cannot be read.
    public convenience init(
        _ value: Value, storage: any LogStorage, options: ReplicaOptions = ReplicaOptions()
    ) async throws {
        let replica = try await ReplicaDriver.restored(storage, options) { _ in value }
        self.init(replica, storage: storage, options: options)
    }

    /// Creates a replica that is saved, of a type that has to know who writes.
    ///
    /// - Parameters:
    ///   - storage: Where it is saved.
    ///   - options: The options of the replica.
    ///   - make: Creates the empty value of a writer.
    /// - Throws: `StorageError` when the storage cannot be read.
    public convenience init(
        storage: any LogStorage, options: ReplicaOptions = ReplicaOptions(),
        making make: @escaping @Sendable (Source) -> Value
    ) async throws {
        let replica = try await ReplicaDriver.restored(storage, options, make)
        self.init(replica, storage: storage, options: options, make: make)
    }

    private init(
        _ replica: Replica<Value>, storage: (any LogStorage)? = nil,
        options: ReplicaOptions, make: (@Sendable (Source) -> Value)? = nil
    ) {
        let listeners = ReplicaListeners<Value>(onEvent: options.onEvent)
        var hooks = ReplicaHooks<Value>(
            logger: options.logger, wallClock: options.wallClock, sleep: options.sleep
        ) { listeners.deliver($0, $1, from: $2) }
        hooks.noticeBound = ReplicaDriver.noticeBound
        self.listeners = listeners
        self.options = options
        engine = ReplicaEngine(replica, storage: storage, hooks: hooks)
        swarm = Swarm(
            engine, backOff: options.backOff, watch: options.silenceWatch, logger: options.logger,
            lease: (storage as? any SharedLogStorage)?.connectionLease, sleep: options.sleep)
        self.make = make
        engine.follow()
    }

    /// How many notices may wait for observers before they give way to a reset.
    private static var noticeBound: Int { 8_192 }

    private static func replica(
        _ value: Value, _ source: Source, _ options: ReplicaOptions,
        storage: (any LogStorage)? = nil
    ) -> Replica<Value> {
        var configuration = ReplicaConfiguration()
        configuration.wire = options.wire
        configuration.timestamps = options.timestamps
        configuration.sizeLimit = options.sizeLimit
        configuration.savesUpdates = storage != nil
        configuration.sharesStorage = (storage as? any SharedLogStorage)?.isShared ?? false
        configuration.mayHaveWritten = options.sourceMayHaveWritten && storage == nil
        return Replica(value, source: source, configuration: configuration)
    }

    private static func restored(
        _ storage: any LogStorage, _ options: ReplicaOptions, _ make: (Source) -> Value
    ) async throws -> Replica<Value> {
        // Read first: a damaged log must show before the first byte is written to it.
        let saved = try await storage.updates()
        var generator = SystemRandomNumberGenerator()
        let source = try await storage.source(
            proposing: options.source ?? .random(using: &generator))
        var replica = ReplicaDriver.replica(
            make(source), source, options, storage: storage)
        var restored = replica.restore(saved)[...]
        for update in saved {
            if restored.first?.stamp == update.stamp {
                restored.removeFirst()
                continue
            }
            let refusal = Refusal(
                .value, "a saved update does not fit the type", stamp: update.stamp)
            options.onEvent?(.refused(refusal, nil))
        }
        return replica
    }

    /// The source that own writes are stamped with.
    public var source: Source { engine.state.withLock { $0.replica.source } }

    /// What is here of each source; own writes from the moment they are saved.
    public var vector: VersionVector { engine.state.withLock { $0.replica.gossip.vector } }

    /// How the replica stands.
    public var status: ReplicaStatus { engine.status }

    // MARK: The value

    /// A copy of the value; it shares its memory until one of the two changes.
    public var value: Value { engine.state.withLock { $0.replica.value } }

    /// Reads the value in place, without a copy that the next write would have to pay for.
    ///
    /// - Parameter body: Runs under the lock: it must not call the driver.
    public func withValue<Result: Sendable>(
        _ body: (Value) throws -> Result
    ) rethrows -> Result {
        try engine.state.withLock { try body($0.replica.value) }
    }

    /// Writes what the closure prepares from the value.
    ///
    /// - Parameter prepare: Gives a payload, or `nil` when there is nothing to do. It runs under
    ///   the lock: it must be pure, and must not call the driver.
    /// - Returns: The update, or `nil` when there was nothing to do.
    /// - Throws: ``/Scuttlebutt/ReplicaError`` when the write is refused, or what the closure
    ///   throws; nothing has changed then.
    @discardableResult
    public func write(_ prepare: (Value) throws -> Payload?) throws -> Update? {
        try writeAll { value in try prepare(value).map { [$0] } ?? [] }.first
    }

    /// Writes everything that the closure prepares from the value, in order and as one batch for
    /// observers.
    ///
    /// - Parameter prepare: As for ``write(_:)``; each payload is made from the value as it was
    ///   before the first.
    /// - Throws: As ``write(_:)``; what stood before the refused payload has been written.
    @discardableResult
    public func writeAll(_ prepare: (Value) throws -> [Payload]) throws -> [Update] {
        let now = engine.readsWallClock ? options.wallClock() : 0
        let informs = listeners.hasUpdateListeners
        return try engine.transition { state in
            let payloads = try prepare(state.replica.value)
            state.replica.describesChanges = listeners.hasChangeListeners
            var updates: [Update] = []
            for payload in payloads {
                let payload = try engine.wire.check(payload)
                let update = try engine.write(payload, wallClock: now, &state)
                updates.append(update)
                if informs { state.effects.append(.accepted([update])) }
            }
            return updates
        }
    }

    /// Lets the value look at the wall clock, for types whose data expires.
    ///
    /// Each write and each message does so too. A program that shows the value while nothing
    /// happens calls it now and then.
    public func advance() { engine.transition { _ in } }

    // MARK: Observing

    /// Calls the body after each change, once per batch and in order.
    ///
    /// It runs outside of the lock on the thread that made the change, or on another that is
    /// telling at that moment, so it may call the driver. While it runs, the next ones wait.
    ///
    /// - Returns: A token that ends the observation when it is dropped.
    public func observe(
        _ body: @escaping @Sendable (ReplicaChanges<Value.Change>) -> Void
    ) -> ReplicaSubscription {
        listen(\.changes, body)
    }

    /// What changes from now on.
    public var changes: ReplicaSequence<ReplicaChanges<Value.Change>> { batches(\.changes) }

    /// Calls the body with each batch of updates that was accepted, own ones included; see
    /// ``updates``.
    public func observeUpdates(
        _ body: @escaping @Sendable (ReplicaChanges<Update>) -> Void
    ) -> ReplicaSubscription {
        listen(\.updates, body)
    }

    /// The updates that are accepted from now on, own ones included, as the wire has them.
    ///
    /// Also those that lose against newer ones are told. Of more than
    /// ``ReplicaOptions/changeLimit`` that a reader has not taken the newest are kept.
    public var updates: ReplicaSequence<ReplicaChanges<Update>> { batches(\.updates) }

    /// What happens to the replica from now on.
    public var events: ReplicaSequence<ReplicaEvent> {
        ReplicaSequence(limit: options.eventLimit, batch: 1) { [self] end in
            listen(\.events) { end.feed.push(CollectionOfOne($0)) }
        } deliver: { batch in
            (batch.missed > 0 ? [.missed(batch.missed)] : []) + batch.elements
        }
    }

    /// Who is here: small values that peers share while they are connected, outside of the value.
    public var presence: Presence { Presence(engine) }

    // MARK: Ends and copies

    /// Waits until everything that was written or taken so far is durable.
    ///
    /// - Throws: `StorageError` when saving fails; what could not be saved is kept and tried
    ///   again, and nothing unsaved of ours has left.
    public func flush() async throws { try await engine.flush() }

    /// Waits until some peer and we have all that the other had; at once if one has.
    public func synced() async { await engine.synced() }

    /// Waits until some peer has said what it has, or this time is over; at once if one has.
    ///
    /// - Returns: Whether one has.
    @discardableResult
    public func headerReceived(within limit: Duration = .seconds(2)) async -> Bool {
        await engine.waitForHeader(within: limit)
    }

    /// Disposes of the replica: ends the connections, saves what is to be saved, closes the
    /// storage, and ends all sequences.
    public func shutDown() async {
        await engine.leave()
        await swarm.shutDown()
        await engine.close()
        listeners.close()
    }

    /// Creates a replica in memory with a copy of the value and a source of its own.
    ///
    /// - Parameter source: Default: a fresh random one.
    public func clone(source: Source? = nil) -> ReplicaDriver {
        var generator = SystemRandomNumberGenerator()
        let source = source ?? .random(using: &generator)
        let replica = engine.state.withLock { $0.replica }
        return ReplicaDriver(
            Replica(copying: replica, source: source, into: make?(source)),
            options: options, make: make)
    }

    // MARK: Listening

    private func batches<Element: Sendable>(
        _ list: ReplicaListeners<Value>.List<ReplicaChanges<Element>>
    ) -> ReplicaSequence<ReplicaChanges<Element>> {
        ReplicaSequence(limit: options.changeLimit) { [self] end in
            listen(list) { end.feed.push($0, missed: $0.missed, isReset: $0.isReset) }
        } deliver: { batch in
            [ReplicaChanges(batch.elements, missed: batch.missed, isReset: batch.isReset)]
        }
    }

    private func listen<Element: Sendable>(
        _ list: ReplicaListeners<Value>.List<Element>, _ body: @escaping @Sendable (Element) -> Void
    ) -> ReplicaSubscription {
        let number = engine.state.withLock { state in
            let number = listeners.add(list, from: state.noticeEnd, body)
            state.replica.describesChanges = listeners.hasChangeListeners
            return number
        }
        return ReplicaSubscription { [weak listeners] in listeners?.remove(list, number) }
    }
}
