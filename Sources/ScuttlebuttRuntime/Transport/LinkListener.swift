// SPDX-License-Identifier: MIT

/// Accepts links from peers that dial us.
public protocol LinkListener: Sendable {
    /// The bound address, such as `host:port`, for people and logs.
    var address: String { get }

    /// Returns the next accepted link, or `nil` once the listener is closed.
    func accept() async -> (any Link)?

    /// Stops accepting. Links that were already accepted stay open.
    func close() async
}
