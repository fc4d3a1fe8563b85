// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1

/// Which proxies a server believes when they say for whom they connect, and how they say it.
///
/// By default none is believed: anybody can send these headers, and the address of a client decides
/// about limits.
public struct ProxyTrust: Sendable {
    /// The header in which proxies name their client.
    ///
    /// Only one is read: a proxy that writes the one passes on what clients wrote in the other.
    public enum Header: String, Hashable, Sendable, CaseIterable {
        /// `X-Forwarded-For`.
        case xForwardedFor = "x-forwarded-for"
        /// `Forwarded` (RFC 7239).
        case forwarded = "forwarded"
    }

    /// The addresses of the proxies.
    ///
    /// With ``expectsProxyProtocol`` and at least one range, others cannot connect.
    public var proxies: [AddressRange] = []
    /// The header that the proxies write.
    public var header = Header.xForwardedFor
    /// Whether every connection begins with the PROXY protocol, version 1 or 2.
    ///
    /// It cannot be optional: then anybody could send it.
    public var expectsProxyProtocol = false

    /// Creates the trust in nobody.
    public init() {}

    /// A longer chain of proxies is not followed.
    private static let maximumHopCount = 32

    func trusts(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return proxies.contains { $0.contains(address) }
    }

    /// The client of a request, as far as the proxies on the way are trusted.
    ///
    /// - Returns: An address, with port 0 if the proxies do not say it; `peer` if no trusted proxy
    ///   names anybody.
    func client(_ headers: HTTPHeaders, via peer: SocketAddress?) -> SocketAddress? {
        guard !proxies.isEmpty, trusts(IPAddress(peer)) else { return peer }
        var client = peer
        // Each proxy appends for whom it connects: only the end of the list is to be trusted.
        for hop in hops(headers).suffix(Self.maximumHopCount).reversed() {
            guard let address = Self.address(hop) else { break }
            client = address
            guard trusts(IPAddress(address)) else { break }
        }
        return client
    }

    private func hops(_ headers: HTTPHeaders) -> [String] {
        switch header {
        case .xForwardedFor:
            headers["X-Forwarded-For"].flatMap { $0.split(separator: ",") }
                .map { Self.unquoted($0) }
        case .forwarded:
            headers["Forwarded"].flatMap { $0.split(separator: ",") }.map { element in
                // An element without `for` names nobody, and ends the chain.
                element.split(separator: ";").lazy
                    .map { pair in
                        pair.split(
                            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    }
                    .first { $0.count == 2 && Self.unquoted($0[0]).lowercased() == "for" }
                    .map { Self.unquoted($0[1]) } ?? ""
            }
        }
    }

    private static func unquoted(_ text: Substring) -> String {
        var text = text
        while let first = text.first, " \t\"".contains(first) { text.removeFirst() }
        while let last = text.last, " \t\"".contains(last) { text.removeLast() }
        return String(text)
    }

    /// Parses `address`, `address:port`, `[address]` or `[address]:port`; any other port is 0.
    static func address(_ text: String) -> SocketAddress? {
        var host = Substring(text)
        var port: Substring = ""
        if text.hasPrefix("[") {
            host = text.dropFirst().prefix { $0 != "]" }
            port = text[host.endIndex...].dropFirst(2)
        } else if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
            host = text.prefix { $0 != ":" }
            port = text[host.endIndex...].dropFirst()
        }
        guard host.utf8.count <= 45 else { return nil }
        let number = port.utf8.allSatisfy { (48...57).contains($0) } ? UInt16(port) ?? 0 : 0
        return try? SocketAddress(ipAddress: String(host), port: Int(number))
    }
}
