// SPDX-License-Identifier: MIT

import NIOCore
import NIOHTTP1
import ScuttlebuttNIO

/// Answers HTTP requests that are not WebSocket upgrades.
struct PageResponder: Sendable {
    let primusTimings: PrimusTimings
    /// The core for the pages, at `/core.wasm`; `nil` if there is none.
    let module: Page?
    /// The application's own pages, before the built-in ones.
    let pages: [String: Page]
    let statistics: @Sendable () -> RelayStatistics

    /// Returns the response to a request.
    ///
    /// - Parameters:
    ///   - method: The request method.
    ///   - target: The path and query from the request line.
    func respond(_ method: HTTPMethod, _ target: String) -> HTTPAnswer {
        let path = String(target.prefix { $0 != "?" })
        guard let found = find(path) else {
            // Primus matches by prefix, so every path below it is a WebSocket endpoint.
            if WebSocketDialect(requestTarget: path) != nil {
                return withPolicy(.upgradeRequired)
            }
            return withPolicy(
                HTTPAnswer(.notFound, text: "Not found. The pages are listed at /."))
        }
        guard method == .GET || method == .HEAD else {
            var answer = HTTPAnswer(
                .methodNotAllowed, text: "Method not allowed. Use GET or HEAD.")
            answer.headers.add(name: "Allow", value: "GET, HEAD, OPTIONS")
            return withPolicy(answer)
        }
        var answer = HTTPAnswer(
            .ok, headers: ["Content-Type": found.type], body: ByteBuffer(bytes: found.bytes))
        if let tag = found.tag { answer.headers.add(name: "ETag", value: tag) }
        if path.hasPrefix("/primus/") || found.isPublic {
            // redux-scuttlebutt's pages are usually served by another host, and its server allows
            // every origin. A module is fetched so also by a page in a sandboxed frame.
            answer.headers.add(name: "Access-Control-Allow-Origin", value: "*")
        }
        return withPolicy(answer, mayBeFramed: !Self.unframed.contains(path))
    }

    /// What no page of another origin may show in a frame: it could lay something over it and
    /// have it clicked.
    private static let unframed: Set<String> = ["/devtools", "/devtools.html"]

    private func find(_ path: String) -> Page? {
        if let page = pages[path] ?? Page.all[path] { return page }
        switch path {
        case "/core.wasm": return module
        case "/files.json": return json(Page.list(own: pages, module: module))
        case "/primus/spec": return json(Array(PrimusSpecification.json(primusTimings).utf8))
        case "/statistics": return json(statistics().json)
        case "/healthz":
            let statistics = statistics()
            return json(
                Array(
                    """
                    {"status":"ok","connected":\(statistics.connected),\
                    "actions":\(statistics.actions)}
                    """.utf8))
        default: return nil
        }
    }

    private func json(_ bytes: [UInt8]) -> Page {
        Page(made: bytes, type: "application/json; charset=utf-8")
    }

    private func withPolicy(_ answer: HTTPAnswer, mayBeFramed: Bool = true) -> HTTPAnswer {
        var answer = answer
        let frames = mayBeFramed ? "" : "; frame-ancestors 'self'"
        answer.headers.add(contentsOf: [
            ("Cache-Control", "no-cache"),
            (
                "Content-Security-Policy",
                "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
                    + "script-src 'self' 'wasm-unsafe-eval'" + frames
            ),
            ("X-Content-Type-Options", "nosniff"),
        ])
        return answer
    }
}
