// SPDX-License-Identifier: MIT

public import NIOCore
public import NIOHTTP1

/// An answer to a request that is not a WebSocket upgrade, whole in memory.
public struct HTTPAnswer: Sendable {
    /// The status.
    public var status: HTTPResponseStatus
    /// The headers; ``HTTPEntrance`` adds `Content-Length` and `Connection`.
    ///
    /// With an `ETag`, a client that knows it is answered 304.
    public var headers: HTTPHeaders
    /// The body, which is not sent in answer to HEAD.
    public var body: ByteBuffer

    /// Creates an answer.
    public init(
        _ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer = ByteBuffer()
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Creates an answer of one line of text.
    public init(_ status: HTTPResponseStatus, text: String) {
        self.init(
            status, headers: ["Content-Type": "text/plain; charset=utf-8"],
            body: ByteBuffer(string: text + "\n"))
    }

    /// The answer to a plain request for the path of a WebSocket.
    public static var upgradeRequired: HTTPAnswer {
        var answer = HTTPAnswer(.upgradeRequired, text: "This is a WebSocket endpoint.")
        answer.headers.add(name: "Upgrade", value: "websocket")
        answer.headers.add(name: "Sec-WebSocket-Version", value: "13")
        return answer
    }
}
