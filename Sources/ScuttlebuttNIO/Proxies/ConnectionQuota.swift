// SPDX-License-Identifier: MIT

import NIOCore
import Synchronization

/// Bounds how many links may be open at a time: of one client, and altogether.
///
/// A client is an IPv4 address or an IPv6 network of 64 bits.
public final class ConnectionQuota: Sendable {
    /// Whether there was a place for a link.
    enum Answer: Hashable {
        case taken
        /// The client has all the places that it may have.
        case clientIsFull
        /// All places are taken.
        case isFull
    }

    private struct State {
        /// Has entries for open links only, so that it is as bounded as they are.
        var clients: [IPAddress: Int] = [:]
        var total = 0
    }

    private let perAddress: Int
    private let total: Int
    private let open = Mutex(State())

    /// Creates a quota.
    ///
    /// - Parameters:
    ///   - perAddress: The places of one client, at least 1; `nil` for as many as there are.
    ///   - total: All places, at least 1; `nil` for any number.
    public init(perAddress: Int? = nil, total: Int? = nil) {
        self.perAddress = perAddress ?? .max
        self.total = total ?? .max
        precondition(self.perAddress > 0 && self.total > 0, "a quota of nothing admits nobody")
    }

    /// Takes a place for as long as `channel` is open.
    ///
    /// An address that cannot be read only counts towards the total.
    func take(_ client: IPAddress?, until channel: any Channel) -> Answer {
        let client = client?.network
        let answer = open.withLock { open -> Answer in
            guard open.total < total else { return .isFull }
            if let client {
                let count = open.clients[client, default: 0]
                guard count < perAddress else { return .clientIsFull }
                open.clients[client] = count + 1
            }
            open.total += 1
            return .taken
        }
        if answer == .taken { channel.closeFuture.whenComplete { _ in self.release(client) } }
        return answer
    }

    private func release(_ client: IPAddress?) {
        open.withLock { open in
            open.total -= 1
            guard let client else { return }
            let rest = open.clients[client, default: 1] - 1
            open.clients[client] = rest == 0 ? nil : rest
        }
    }
}
