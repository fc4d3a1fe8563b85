// SPDX-License-Identifier: MIT

import HTTPTypes
import HummingbirdCore
import NIOCore
import ScuttlebuttNIO

/// Answers HTTP requests that are not WebSocket upgrades.
struct PageResponder: Sendable {
    let primusTimings: PrimusTimings
    let statistics: @Sendable () -> RelayStatistics

    /// Returns the response to a request.
    ///
    /// - Parameters:
    ///   - method: The request method.
    ///   - target: The path and query from the request line.
    func respond(_ method: HTTPRequest.Method, _ target: String) -> Response {
        let path = String(target.prefix { $0 != "?" })
        guard let found = find(path) else {
            // Primus matches by prefix, so every path below it is a WebSocket endpoint.
            if WebSocketDialect(requestTarget: path) != nil { return upgradeRequired }
            return text(.notFound, "Not found. The pages are listed at /.\n")
        }
        guard method == .get || method == .head else {
            var response = text(.methodNotAllowed, "Method not allowed. Use GET or HEAD.\n")
            response.headers[.allow] = "GET, HEAD"
            return response
        }
        var response = self.response(.ok, found.bytes, found.type)
        if path.hasPrefix("/primus/") {
            // redux-scuttlebutt's pages are usually served by another host, and its server allows
            // every origin.
            response.headers[.accessControlAllowOrigin] = "*"
        }
        // The headers of a HEAD response give the length of the GET response.
        return method == .head ? response.createHeadResponse() : response
    }

    private func find(_ path: String) -> Page? {
        if let page = Page.all[path] { return page }
        switch path {
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
        Page(bytes: bytes, type: "application/json; charset=utf-8")
    }

    private var upgradeRequired: Response {
        var response = text(.upgradeRequired, "This is a WebSocket endpoint.\n")
        response.headers[.upgrade] = "websocket"
        return response
    }

    private func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
        response(status, Array(text.utf8), "text/plain; charset=utf-8")
    }

    private func response(
        _ status: HTTPResponse.Status, _ bytes: [UInt8], _ type: String
    ) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: type,
                .cacheControl: "no-cache",
                .contentSecurityPolicy: """
                default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:
                """,
                .xContentTypeOptions: "nosniff",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
