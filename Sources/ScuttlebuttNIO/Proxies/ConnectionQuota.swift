// SPDX-License-Identifier: MIT

import NIOCore
import Synchronization

/// Bounds how many links one client may have open at a time.
///
/// A client is an IPv4 address or an IPv6 network of 64 bits.
public final class ConnectionQuota: Sendable {
    private let perAddress: Int
    /// Has entries for open links only, so that it is as bounded as they are.
    private let open = Mutex<[IPAddress: Int]>([:])

    /// Creates a quota.
    ///
    /// - Parameter perAddress: At least 1.
    public init(perAddress: Int) {
        precondition(perAddress > 0, "a quota of nothing admits nobody")
        self.perAddress = perAddress
    }

    /// Takes a place for as long as `channel` is open; false if the client has all its places.
    ///
    /// An address that cannot be read is not limited.
    func take(_ client: IPAddress?, until channel: any Channel) -> Bool {
        guard let client = client?.network else { return true }
        let perAddress = perAddress
        let isTaken = open.withLock { open in
            guard open[client, default: 0] < perAddress else { return false }
            open[client, default: 0] += 1
            return true
        }
        if isTaken { channel.closeFuture.whenComplete { _ in self.release(client) } }
        return isTaken
    }

    private func release(_ client: IPAddress) {
        open.withLock { open in
            let rest = open[client, default: 1] - 1
            open[client] = rest == 0 ? nil : rest
        }
    }
}
