// SPDX-License-Identifier: MIT

/// Accepts in-memory links.
public final class InMemoryListener: LinkListener {
    /// The name of the listener.
    public let address: String
    private let network: InMemoryNetwork
    private let queue: AcceptQueue

    init(address: String, network: InMemoryNetwork, queue: AcceptQueue) {
        self.address = address
        self.network = network
        self.queue = queue
    }

    /// Returns the next accepted link, or `nil` once the listener is closed.
    public func accept() async -> (any Link)? { await queue.next() }

    /// Stops accepting.
    ///
    /// Links that were already accepted stay open.
    public func close() async { network.forget(address, queue) }
}
