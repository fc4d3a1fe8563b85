// SPDX-License-Identifier: MIT

import Synchronization

/// A network inside this process: names instead of addresses, links that can be cut at will.
public final class InMemoryNetwork: Sendable {
    private struct Known {
        weak var link: InMemoryLink?
    }

    private struct State {
        var listeners: [String: AcceptQueue] = [:]
        var links: [Known] = []
        var sweepAt = 64
        var isDown = false
    }

    private let bound: Int
    private let state = Mutex(State())

    /// Makes a network whose links hold at most `bound` unread bytes per direction.
    public init(bound: Int = InMemoryLink.defaultBound) { self.bound = bound }

    /// Accepts links that are dialled to `name`.
    ///
    /// - Throws: ``LinkError`` (`addressInUse`) when somebody already listens there.
    public func listen(at name: String) throws -> InMemoryListener {
        let queue = AcceptQueue()
        try state.withLock { state in
            guard state.listeners[name] == nil else {
                throw LinkError(
                    .addressInUse, "Somebody already listens at \(name); take another name.")
            }
            state.listeners[name] = queue
        }
        return InMemoryListener(address: name, network: self, queue: queue)
    }

    /// Dials whoever listens at `name` at that moment.
    public func transport(to name: String) -> InMemoryTransport {
        InMemoryTransport(name: name, network: self)
    }

    /// Cuts every link, as a failing switch would.
    ///
    /// Dialling works again at once.
    public func cut() {
        let links = state.withLock { state in
            defer { state.links = [] }
            return state.links
        }
        for known in links { known.link?.cut() }
    }

    /// While `true` nobody can be reached and, once set, every link is cut.
    public var isDown: Bool {
        get { state.withLock { $0.isDown } }
        set {
            state.withLock { $0.isDown = newValue }
            if newValue { cut() }
        }
    }

    fileprivate func dial(_ name: String) throws -> InMemoryLink {
        let unreachable = LinkError(.unreachable, "Nobody listens at \(name); start that peer.")
        let queue = try state.withLock { state -> AcceptQueue in
            guard !state.isDown, let queue = state.listeners[name] else { throw unreachable }
            return queue
        }
        let (ours, theirs) = InMemoryLink.pair(
            names: ("memory dialled \(name)", "memory \(name)"), bound: bound)
        guard queue.offer(theirs) else { throw unreachable }
        state.withLock { state in
            state.links.append(Known(link: ours))
            // Doubling the mark keeps the sweep of dead links O(1) per dial.
            if state.links.count > state.sweepAt {
                state.links.removeAll { $0.link == nil }
                state.sweepAt = max(64, 2 * state.links.count)
            }
        }
        return ours
    }

    fileprivate func forget(_ name: String, _ queue: AcceptQueue) {
        state.withLock { state in
            if state.listeners[name] === queue { state.listeners[name] = nil }
        }
        queue.close()
    }
}

/// Accepts in-memory links.
public final class InMemoryListener: LinkListener {
    /// The name it listens at.
    public let address: String
    private let network: InMemoryNetwork
    private let queue: AcceptQueue

    fileprivate init(address: String, network: InMemoryNetwork, queue: AcceptQueue) {
        self.address = address
        self.network = network
        self.queue = queue
    }

    /// The next accepted link; `nil` once the listener was closed.
    public func accept() async -> (any Link)? { await queue.next() }

    /// Stops accepting; links that were accepted live on.
    public func close() async { network.forget(address, queue) }
}

/// Dials in-memory links.
public struct InMemoryTransport: Transport {
    /// The name it dials.
    public let name: String
    private let network: InMemoryNetwork

    fileprivate init(name: String, network: InMemoryNetwork) {
        self.name = name
        self.network = network
    }

    /// Dials once.
    ///
    /// - Throws: ``LinkError`` (`unreachable`) when nobody listens there.
    public func connect() async throws -> any Link { try network.dial(name) }
}
