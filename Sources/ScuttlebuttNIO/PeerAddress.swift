// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

/// Where a peer can be dialled, and how: the parts of a URL.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// The kinds of peers.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        /// Lines over TCP.
        case tcp
        /// WebSocket, one line per text frame.
        case ws
        /// The same over TLS.
        case wss
        /// A Primus server, as redux-scuttlebutt uses.
        case http
        /// The same over TLS.
        case https

        var isSecure: Bool { self == .wss || self == .https }
    }

    /// How to speak with the peer.
    public let scheme: Scheme
    /// A name or an address, IPv6 without brackets.
    public let host: String
    /// 1 to 65,535.
    public let port: Int
    /// The path, beginning with a slash; `/ws` for a WebSocket address without one.
    public let path: String
    /// What follows the question mark, or empty.
    public let query: String

    /// Reads an address such as `ws://127.0.0.1:3000/ws`.
    ///
    /// - Throws: ``LinkError`` (`badAddress`) with one sentence that says what is wrong.
    public init(_ text: String) throws {
        func refuse(_ why: String) -> LinkError {
            LinkError(
                .badAddress,
                "\"\(text)\" is no peer's address: \(why). Examples: http://127.0.0.1:3000, "
                    + "ws://127.0.0.1:3000/ws, tcp://127.0.0.1:4000.")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw refuse("it holds a space or a control character")
        }
        guard let colon = text.firstRange(of: "://") else { throw refuse("it has no scheme") }
        guard let scheme = Scheme(rawValue: text[..<colon.lowerBound].lowercased()) else {
            throw refuse("its scheme is none of http, https, ws, wss, tcp")
        }
        let rest = text[colon.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        let path = String(target.prefix { $0 != "?" })
        guard !authority.contains("@") else {
            throw refuse("it holds a user name; give secrets in the query")
        }
        let (host, portText) = try Self.split(authority, refuse)
        guard !host.isEmpty else { throw refuse("it has no host") }
        if let portText {
            guard let port = Int(portText), (1...65_535).contains(port),
                portText.utf8.allSatisfy({ (48...57).contains($0) })
            else { throw refuse("its port is not a number from 1 to 65535") }
            self.port = port
        } else {
            guard scheme != .tcp else { throw refuse("it has no port") }
            port = scheme.isSecure ? 443 : 80
        }
        guard scheme != .tcp || target.isEmpty || target == "/" else {
            throw refuse("a tcp address has no path")
        }
        self.scheme = scheme
        self.host = host
        let isWebSocket = scheme == .ws || scheme == .wss
        self.path = Self.encoded(
            path.isEmpty || path == "/" && isWebSocket ? (isWebSocket ? "/ws" : "/") : path)
        query = Self.encoded(String(target.dropFirst(path.count + 1)))
    }

    /// The address as a URL.
    public var description: String {
        let tail = scheme == .tcp ? "" : path + (query.isEmpty ? "" : "?" + query)
        return "\(scheme.rawValue)://\(authority)\(tail)"
    }

    /// Host and port as they stand in a URL.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    private static func split(
        _ authority: Substring, _ refuse: (String) -> LinkError
    ) throws -> (host: String, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw refuse("a bracket is not closed")
            }
            let rest = authority[authority.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw refuse("something stands between the bracket and the port")
            }
            let host = authority[authority.index(after: authority.startIndex)..<close]
            return (String(host), rest.isEmpty ? nil : rest.dropFirst())
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw refuse("an IPv6 address stands in brackets") }
        return (String(parts.first ?? ""), parts.count == 2 ? parts[1] : nil)
    }

    /// Bytes outside ASCII percent-encoded, as a request line wants.
    private static func encoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if byte < 0x80 {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%" + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
