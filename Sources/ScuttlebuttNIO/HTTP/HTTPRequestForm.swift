// SPDX-License-Identifier: MIT

import NIOHTTP1

/// What the head of a request asks for, by the rules of RFC 9112 and RFC 6455.
enum HTTPRequestForm {
    /// A WebSocket that can be opened.
    case upgrade(WebSocketDialect)
    /// An ordinary request.
    ///
    /// - `mustClose`: Whether it asks for an upgrade that it does not get; NIO's decoder stops
    ///   after such a request.
    case plain(mustClose: Bool)
    /// A request that gets this answer, after which the connection is closed.
    case refused(HTTPAnswer)

    /// - Parameter target: What the request is for, without the base of the server.
    init(_ head: HTTPRequestHead, for target: String) {
        let headers = head.headers
        let hosts = headers["Host"]
        guard head.version.major == 1 else {
            self = .refused(HTTPAnswer(.httpVersionNotSupported, text: "Use HTTP/1.1."))
            return
        }
        guard hosts.count == 1 || hosts.isEmpty && head.version == .http1_0 else {
            self = .refused(HTTPAnswer(.badRequest, text: "A request names one Host."))
            return
        }
        let asksForUpgrade = headers.contains(name: "Upgrade")
        let asksForWebSocket =
            headers[canonicalForm: "Upgrade"].contains { $0.lowercased() == "websocket" }
            && headers[canonicalForm: "Connection"].contains { $0.lowercased() == "upgrade" }
            && head.version != .http1_0 && head.method == .GET
        let dialect = WebSocketDialect(requestTarget: target)
        guard asksForWebSocket, let dialect else {
            self = .plain(mustClose: asksForUpgrade)
            return
        }
        let keys = headers["Sec-WebSocket-Key"]
        guard headers["Sec-WebSocket-Version"] == ["13"] else {
            self = .refused(.upgradeRequired)
            return
        }
        guard keys.count == 1, HTTPRequestForm.isKey(keys[0]) else {
            self = .refused(
                HTTPAnswer(.badRequest, text: "Sec-WebSocket-Key must be 16 bytes in Base64."))
            return
        }
        self = .upgrade(dialect)
    }

    /// The path and query of a request target, which may be a whole URL.
    static func target(_ uri: String) -> String {
        guard !uri.hasPrefix("/"), let scheme = uri.firstRange(of: "://") else { return uri }
        let rest = uri[scheme.upperBound...]
        return rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
    }

    /// The target below `base`, which proxies may leave in place or take away.
    ///
    /// - Returns: `nil` for the base itself without a slash, from which a page's relative
    ///   references would lead out of the base.
    static func target(_ uri: String, below base: String) -> String? {
        let target = target(uri)
        guard !base.isEmpty, target.hasPrefix(base) else { return target }
        let rest = target.dropFirst(base.count)
        if rest.isEmpty || rest.hasPrefix("?") { return nil }
        return rest.hasPrefix("/") ? String(rest) : target
    }

    /// 16 bytes are 22 digits of Base64 and two of padding.
    private static func isKey(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 24 && bytes.suffix(2) == [0x3D, 0x3D]
            && bytes.dropLast(2).allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2F: true
                default: false
                }
            }
    }
}
