// SPDX-License-Identifier: MIT

import Synchronization

/// A network within this process, with names instead of addresses and links that tests can break.
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

    /// Creates a network whose links hold at most `bound` unread bytes per direction.
    public init(bound: Int = InMemoryLink.defaultBound) { self.bound = bound }

    /// Starts listening at `name`.
    ///
    /// - Throws: ``LinkError`` `.addressInUse` if there is already a listener at that name.
    public func listen(at name: String) throws -> InMemoryListener {
        let queue = AcceptQueue()
        try state.withLock { state in
            guard state.listeners[name] == nil else {
                throw LinkError(
                    .addressInUse, "the name \(name) is in use; use another one")
            }
            state.listeners[name] = queue
        }
        return InMemoryListener(address: name, network: self, queue: queue)
    }

    /// Returns a transport that dials whichever listener has `name` at the time of dialling.
    public func transport(to name: String) -> InMemoryTransport {
        InMemoryTransport(name: name, network: self)
    }

    /// Breaks every link, like a failing switch.
    ///
    /// Peers can dial again immediately.
    public func cut() {
        let links = state.withLock { state in
            defer { state.links = [] }
            return state.links
        }
        for known in links { known.link?.cut() }
    }

    /// Whether the network is down.
    ///
    /// Setting it to `true` breaks every link, and dialling fails until it is `false` again.
    public var isDown: Bool {
        get { state.withLock { $0.isDown } }
        set {
            state.withLock { $0.isDown = newValue }
            if newValue { cut() }
        }
    }

    func dial(_ name: String) throws -> InMemoryLink {
        let unreachable = LinkError(
            .unreachable, "cannot reach \(name): nobody is listening; is the peer running?")
        let queue = try state.withLock { state -> AcceptQueue in
            guard !state.isDown, let queue = state.listeners[name] else { throw unreachable }
            return queue
        }
        let (ours, theirs) = InMemoryLink.pair(
            names: ("memory dialled \(name)", "memory \(name)"), bound: bound)
        guard queue.offer(theirs) else { throw unreachable }
        state.withLock { state in
            state.links.append(Known(link: ours))
            // Doubling the threshold keeps the cost of removing dead links O(1) per dial.
            if state.links.count > state.sweepAt {
                state.links.removeAll { $0.link == nil }
                state.sweepAt = max(64, 2 * state.links.count)
            }
        }
        return ours
    }

    func forget(_ name: String, _ queue: AcceptQueue) {
        state.withLock { state in
            if state.listeners[name] === queue { state.listeners[name] = nil }
        }
        queue.close()
    }
}
