// SPDX-License-Identifier: MIT

import ScuttlebuttRuntime

/// The address of a peer, parsed from a URL.
public struct PeerAddress: Hashable, Sendable, CustomStringConvertible {
    /// The supported protocols.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        /// Lines over TCP.
        case tcp
        /// WebSocket with one line per text frame.
        case ws
        /// ``ws`` over TLS.
        case wss
        /// Primus, as used by redux-scuttlebutt.
        case http
        /// ``http`` over TLS.
        case https

        var isSecure: Bool { self == .wss || self == .https }
    }

    /// The protocol to use.
    public let scheme: Scheme
    /// A host name or an IP address; IPv6 without brackets.
    public let host: String
    /// The port, 1 to 65,535.
    public let port: Int
    /// The path, beginning with a slash.
    ///
    /// Defaults to `/ws` for WebSocket addresses. Primus is below the path of an `http` address.
    public let path: String
    /// The query without its question mark, or an empty string.
    public let query: String
    /// What stood before `@`, `user:password`, without percent encoding.
    ///
    /// It is a secret, which ``description`` does not show.
    let userInformation: String?

    /// The port of an address that has neither a scheme nor a port: where servers listen unless
    /// told otherwise.
    public static let usualPort = 3_000

    /// Creates an address by parsing a URL such as `ws://127.0.0.1:3000/ws`.
    ///
    /// Without a scheme, as in `localhost:3000`, `192.168.1.5` or `[::1]:3000`, the address is one
    /// of ``Scheme/http``, and its port is ``usualPort`` unless it has one.
    ///
    /// A user name and a password, as in `https://alice:secret@example.org`, are sent as
    /// `Authorization: Basic`.
    ///
    /// - Throws: `LinkError` `.badAddress` with a message that says what is wrong and shows no
    ///   password.
    public init(_ text: String) throws {
        func invalid(_ reason: String) -> LinkError {
            LinkError(
                .badAddress,
                "invalid address '\(Self.withoutSecrets(text))': \(reason); examples: "
                    + "http://127.0.0.1:3000, ws://127.0.0.1:3000/ws, tcp://127.0.0.1:4000")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw invalid("it contains a space or a control character")
        }
        let colon = text.firstRange(of: "://")
        if colon == nil, let reason = Self.unclear(text) { throw invalid(reason) }
        let name = colon.map { text[..<$0.lowerBound].lowercased() } ?? Scheme.http.rawValue
        guard let scheme = Scheme(rawValue: name) else {
            throw invalid("the scheme must be http, https, ws, wss or tcp")
        }
        let rest = text[(colon?.upperBound ?? text.startIndex)...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(authority.count)
        let path = String(target.prefix { $0 != "?" })
        let (place, user) = Self.splitUser(authority)
        let (host, portText) = try Self.split(place, invalid)
        guard scheme != .tcp || user == nil else {
            throw invalid("a tcp address cannot have a user name")
        }
        userInformation = try user.map { user in
            guard let text = Self.decoded(user),
                text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
            else { throw invalid("the user name or password is not valid") }
            return text.contains(":") ? text : text + ":"
        }
        guard !host.isEmpty else { throw invalid("it has no host") }
        if let portText {
            guard let port = Int(portText), (1...65_535).contains(port),
                portText.utf8.allSatisfy({ (48...57).contains($0) })
            else { throw invalid("the port must be 1–65535") }
            self.port = port
        } else {
            guard scheme != .tcp else { throw invalid("it has no port") }
            port = colon == nil ? Self.usualPort : scheme.isSecure ? 443 : 80
        }
        guard scheme != .tcp || target.isEmpty || target == "/" else {
            throw invalid("a tcp address cannot have a path")
        }
        self.scheme = scheme
        self.host = host
        let isWebSocket = scheme == .ws || scheme == .wss
        self.path = Self.encoded(
            path.isEmpty || path == "/" && isWebSocket ? (isWebSocket ? "/ws" : "/") : path)
        query = Self.encoded(String(target.dropFirst(path.count + 1)))
    }

    /// The address as a URL, without user name and password.
    public var description: String {
        let tail = scheme == .tcp ? "" : path + (query.isEmpty ? "" : "?" + query)
        return "\(scheme.rawValue)://\(authority)\(tail)"
    }

    /// The address for messages: its query, which may be a secret, is only hinted at.
    var name: String {
        let tail = scheme == .tcp ? "" : path + (query.isEmpty ? "" : "?…")
        return "\(scheme.rawValue)://\(authority)\(tail)"
    }

    /// The host and port as they appear in a URL.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Divides at the last `@`: passwords are seen to contain some.
    private static func splitUser(_ authority: Substring) -> (place: Substring, user: Substring?) {
        guard let at = authority.lastIndex(of: "@") else { return (authority, nil) }
        return (authority[authority.index(after: at)...], authority[..<at])
    }

    /// A text that was meant to be an address, without what may be a password in it.
    private static func withoutSecrets(_ text: String) -> String {
        let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        // A password may contain slashes that nobody has encoded.
        guard let at = text[start...].lastIndex(of: "@") else { return text }
        return "\(text[..<start])…\(text[at...])"
    }

    /// The path of the server's Primus.
    ///
    /// It is below ``path``, as a proxy may serve it, unless that names it already.
    var primusPath: String {
        var base = Substring(path)
        while base.hasSuffix("/") { base.removeLast() }
        return base.hasSuffix("/primus") ? String(base) : base + "/primus"
    }

    /// Why a text without a scheme cannot be an address; `nil` if it may be one.
    private static func unclear(_ text: String) -> String? {
        guard let first = text.unicodeScalars.first else { return "it is empty" }
        // A password is sent only where somebody has said how.
        if text.contains("@") { return "with a user name it needs a scheme" }
        guard first.properties.isAlphabetic || first.properties.numericType != nil || first == "["
        else {
            let rest = text.drop { $0 == "/" || $0 == ":" }
            guard !rest.isEmpty else { return "it has neither a scheme nor a host" }
            let hasPath = rest.contains("/")
            var meant = ["http://\(rest)", "ws://\(rest)\(hasPath ? "" : "/ws")"]
            if !hasPath, rest.contains(":") { meant.append("tcp://\(rest)") }
            return "it has no scheme; did you mean \(meant.joined(separator: " or "))?"
        }
        return nil
    }

    private static func split(
        _ authority: Substring, _ invalid: (String) -> LinkError
    ) throws -> (host: String, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else {
                throw invalid("a bracket is not closed")
            }
            let rest = authority[authority.index(after: close)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw invalid("unexpected text between the bracket and the port")
            }
            let host = authority[authority.index(after: authority.startIndex)..<close]
            return (String(host), rest.isEmpty ? nil : rest.dropFirst())
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw invalid("an IPv6 address must be in brackets") }
        return (String(parts.first ?? ""), parts.count == 2 ? parts[1] : nil)
    }

    /// Percent-decodes; `nil` if that gives no text.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard rest.count >= 2, !digits.hasPrefix("+"), !digits.hasPrefix("-"),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Percent-encodes bytes outside ASCII, as required in a request line.
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
