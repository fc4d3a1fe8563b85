// SPDX-License-Identifier: MIT

public import Logging
public import Scuttlebutt
import Synchronization

/// The connections of one replica.
///
/// A swarm dials peers repeatedly, accepts peers that dial us, and runs one session on each link.
///
/// All methods may be called from any thread. Releasing a swarm without ``shutDown()`` leaves its
/// tasks running, because they keep it alive.
public final class Swarm: Sendable {
    private struct State {
        var dials: [Int: DialStatus] = [:]
        var tasks: [Int: Task<Void, Never>] = [:]
        var sessions: [Int: Task<SessionEnding, Never>] = [:]
        var lastTask = 0
        var openLinks = 0
        var isShutDown = false
        var observers: [Int: @Sendable (SwarmEvent) -> Void] = [:]
    }

    private let host: any SessionHost
    private let backOff: BackOff
    private let watch: SilenceWatch
    private let lease: (any ConnectionLease)?
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger
    private let state = Mutex(State())

    /// Creates the swarm of a replica.
    ///
    /// - Parameters:
    ///   - host: The replica.
    ///   - backOff: How long to wait before dialling again.
    ///   - watch: When to give up links whose other end is silent.
    ///   - logger: Receives `debug` messages about links, never payloads.
    ///   - lease: Dialling waits for it, if several processes share the log.
    ///   - sleep: Waits; tests pass a virtual one.
    public init(
        _ host: any SessionHost, backOff: BackOff = BackOff(),
        watch: SilenceWatch = SilenceWatch(),
        logger: Logger = Logger(label: "scuttlebutt.swarm"),
        lease: (any ConnectionLease)? = nil,
        sleep: @escaping @Sendable (Duration) async throws -> Void = {
            try await Task.sleep(for: $0)
        }
    ) {
        self.host = host
        self.backOff = backOff
        self.watch = watch
        self.logger = logger
        self.lease = lease
        self.sleep = sleep
    }

    /// The number of open links, dialled and accepted.
    public var openLinkCount: Int { state.withLock { $0.openLinks } }

    /// The status of each dialled peer, in the order in which they were added.
    public var dialStatuses: [DialStatus] {
        state.withLock { $0.dials.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Calls `observer` after each change of a link, in the task that made the change.
    ///
    /// - Returns: A number to pass to ``stopObserving(_:)``.
    @discardableResult
    public func observe(_ observer: @escaping @Sendable (SwarmEvent) -> Void) -> Int {
        state.withLock { state in
            state.lastTask += 1
            state.observers[state.lastTask] = observer
            return state.lastTask
        }
    }

    /// Removes an observer.
    public func stopObserving(_ number: Int) {
        let removed = state.withLock { $0.observers.removeValue(forKey: number) }
        withExtendedLifetime(removed) {}
    }

    /// Dials a peer now, and again whenever the connection is lost.
    ///
    /// This ends when the swarm is shut down, the returned connection is closed, or the peer asks
    /// us not to come back.
    ///
    /// - Parameters:
    ///   - transport: Dials the peer.
    ///   - options: The options of the sessions with it.
    ///   - isPersistent: `false` to dial only once.
    @discardableResult
    public func connect(
        _ transport: any Transport, options: SessionOptions = SessionOptions(),
        isPersistent: Bool = true
    ) -> Connection {
        var options = options
        if options.probing == .ifPeerProbes { options.probing = .fromStart }
        let number = start { [options] number in
            await self.dial(transport, options, isPersistent: isPersistent, number)
        } prepare: { state, number in
            state.dials[number] = DialStatus(
                name: transport.name, phase: .connecting(attempt: 1))
        }
        return Connection(swarm: self, number: number)
    }

    /// Runs a session on an accepted link until it ends.
    @discardableResult
    public func run(
        _ link: any Link, options: SessionOptions = SessionOptions()
    ) async -> SessionEnding {
        await run(link, options: options, isDialled: false, measure: nil, onFirstLines: nil)
    }

    private func run(
        _ link: any Link, options: SessionOptions, isDialled: Bool,
        measure: LineLimitGuess.Measure?,
        onFirstLines: (@Sendable () -> Void)?
    ) async -> SessionEnding {
        let (host, watch, sleep) = (host, watch, sleep)
        let session: (number: Int, task: Task<SessionEnding, Never>)? = state.withLock { state in
            guard !state.isShutDown else { return nil }
            state.lastTask += 1
            state.openLinks += 1
            // Registered for every caller, so that shutting down ends the session and waits for it.
            let task = Task {
                let (link, options) = await host.prepare(
                    link, options: options, isDialled: isDialled)
                return await SessionDriver(
                    link, options: options, onFirstLines: onFirstLines, measure: measure,
                    watch: watch, sleep: sleep
                ).run(host)
            }
            state.sessions[state.lastTask] = task
            return (state.lastTask, task)
        }
        guard let session else {
            await link.close(.shutdown)
            return .shutdown
        }
        notify(.linkOpened(name: link.name))
        let ending = await withTaskCancellationHandler {
            await session.task.value
        } onCancel: {
            session.task.cancel()
        }
        state.withLock { state in
            state.openLinks -= 1
            state.sessions[session.number] = nil
        }
        logger.debug(
            "link ended", metadata: ["swarm.link": "\(link.name)", "swarm.ending": "\(ending)"])
        notify(.linkClosed(name: link.name, ending))
        return ending
    }

    /// Accepts links from a listener until it is closed or the swarm is shut down.
    @discardableResult
    public func listen(
        _ listener: any LinkListener, options: SessionOptions = SessionOptions()
    ) -> Connection {
        let number = start { _ in
            await withTaskCancellationHandler {
                await withDiscardingTaskGroup { group in
                    while let link = await listener.accept() {
                        group.addTask { await self.run(link, options: options) }
                    }
                }
            } onCancel: {
                Task { await listener.close() }
            }
        }
        return Connection(swarm: self, number: number)
    }

    /// Runs a session on an accepted link in a new task.
    public func accept(_ link: any Link, options: SessionOptions = SessionOptions()) {
        start { _ in await self.run(link, options: options) }
    }

    /// Ends all links and stops dialling; returns when everything has ended.
    public func shutDown() async {
        let (tasks, sessions) = state.withLock { state in
            state.isShutDown = true
            return (Array(state.tasks.values), Array(state.sessions.values))
        }
        for task in tasks { task.cancel() }
        for session in sessions { session.cancel() }
        for task in tasks { await task.value }
        for session in sessions { _ = await session.value }
    }

    // MARK: Tasks

    @discardableResult
    private func start(
        _ body: @escaping @Sendable (Int) async -> Void,
        prepare: (inout State, Int) -> Void = { _, _ in }
    ) -> Int {
        state.withLock { state in
            state.lastTask += 1
            let number = state.lastTask
            guard !state.isShutDown else { return number }
            prepare(&state, number)
            // The task cannot end before it is stored, because it needs this lock to remove itself.
            state.tasks[number] = Task {
                await body(number)
                self.state.withLock { state in
                    state.tasks[number] = nil
                    state.dials[number] = nil
                }
            }
            return number
        }
    }

    fileprivate func close(_ number: Int) async {
        guard let task = state.withLock({ $0.tasks[number] }) else { return }
        task.cancel()
        await task.value
    }

    private func dial(
        _ transport: any Transport, _ options: SessionOptions, isPersistent: Bool, _ number: Int
    ) async {
        // A process that cannot connect lets another one try while it waits.
        var holdsLease = false
        func releaseLease() {
            if holdsLease { lease?.release() }
            holdsLease = false
        }
        defer { releaseLease() }
        var attempt = 1
        var retries = 0
        var guess = LineLimitGuess()
        var options = options
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            if let lease, !holdsLease {
                holdsLease = lease.acquireNow()
                if !holdsLease {
                    setStatus(number, .standingBy)
                    holdsLease = await lease.acquire()
                }
                guard holdsLease else { return }
            }
            setStatus(number, .connecting(attempt: attempt))
            let failure: LinkError?
            do {
                let link = try await transport.connect()
                setStatus(number, .connected)
                let watch = UsefulnessWatch(after: backOff.usefulAfter, sleep: sleep)
                let measure = LineLimitGuess.Measure()
                options.longestLine = guess.longestLine ?? options.longestLine
                let ending = await run(
                    link, options: options, isDialled: true, measure: measure
                ) {
                    watch.noteFirstLines()
                }
                failure = ending.linkError
                let wasUseful = watch.end() && failure?.code != .lineRefused
                guess.note(end: failure, longest: measure.byteCount, wasUseful: wasUseful)
                if wasUseful { (attempt, retries) = (1, 0) } else { attempt += 1 }
            } catch {
                failure = error as? LinkError
                notify(.dialFailed(name: transport.name, attempt: attempt, "\(error)"))
                attempt += 1
            }
            if failure?.code == .dismissed {
                notify(.gaveUp(name: transport.name, "the server asked us not to come back"))
                return
            }
            guard isPersistent, !Task.isCancelled else { break }
            // Counts as the original does: the first attempt is not a retry.
            retries += 1
            let isRefused = failure?.code == .refused
            let delay =
                (failure?.retryAfter ?? .zero)
                + (isRefused
                    ? backOff.delayAfterRefusal(using: &generator)
                    : backOff.delay(beforeAttempt: retries, using: &generator))
            setStatus(number, .waiting(attempt: attempt, delay))
            releaseLease()
            do { try await sleep(delay) } catch { break }
        }
        if !isPersistent { notify(.gaveUp(name: transport.name, "dialled once only")) }
    }

    private func setStatus(_ number: Int, _ phase: DialStatus.Phase) {
        let status = state.withLock { state -> DialStatus? in
            state.dials[number]?.phase = phase
            return state.dials[number]
        }
        if let status { notify(.dialing(status)) }
    }

    /// Calls the observers outside the lock, because they are code of the program.
    private func notify(_ event: SwarmEvent) {
        let observers = state.withLock { state in
            state.observers.sorted { $0.key < $1.key }.map(\.value)
        }
        for observer in observers { observer(event) }
    }

    /// A dialled peer or a listener, which can be closed separately.
    public struct Connection: Sendable {
        fileprivate let swarm: Swarm
        fileprivate let number: Int

        /// Ends the link and stops dialling, or stops listening.
        public func close() async { await swarm.close(number) }
    }
}
