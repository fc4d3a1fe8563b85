// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// What the two ends of a WebSocket have agreed on to compress messages: `permessage-deflate` (RFC
/// 7692).
///
/// Neither end refers to earlier messages: a server then compresses a block once for all its
/// clients, and an idle connection costs no memory. We insist on it in both roles.
public struct WebSocketCompression: Hashable, Sendable {
    /// The name of the header in which both ends say what they offer and accept.
    public static let headerName = "Sec-WebSocket-Extensions"

    /// The least bound of the length of messages with which compression is agreed on: 256 KiB.
    ///
    /// Lines are compressed many at a time, in messages of up to 64 KiB, which JSON strings
    /// double. Whoever takes only shorter messages could not take these, and would blame a line.
    public static let leastMessageByteCount = 1 << 18

    /// How far back what we send may refer, as a power of 2: 9 to 15.
    let windowBits: Int

    /// The value of the header with which a server accepts.
    public var answer: String {
        let windowSize = isWindowNamed ? "; server_max_window_bits=\(windowBits)" : ""
        return Self.offer + windowSize
    }

    private let isWindowNamed: Bool

    private init(windowBits: Int? = nil) {
        self.windowBits = windowBits ?? MessageDeflate.maximumWindowBits
        isWindowNamed = windowBits != nil
    }

    private static let name = "permessage-deflate"

    /// What a client offers, and a server accepts.
    static let offer = "\(name); server_no_context_takeover; client_no_context_takeover"

    // MARK: The server's part

    /// Chooses the first of a client's offers that can be accepted.
    ///
    /// - Parameter offers: The values of all headers named ``headerName``.
    /// - Returns: `nil` if there is none, and messages are not to be compressed.
    /// - Throws: `LinkError` `.badFraming` if the headers cannot be read, after which RFC 6455 asks
    ///   that the connection be refused.
    public static func accepting(
        _ offers: [String]
    ) throws(LinkError) -> WebSocketCompression? {
        guard let list = WebSocketExtension.list(offers) else {
            throw LinkError(.badFraming, "\(headerName) cannot be read")
        }
        return list.lazy.filter { $0.name == name }.compactMap { accepted($0.parameters) }.first
    }

    private static func accepted(
        _ parameters: [WebSocketExtension.Parameter]
    ) -> WebSocketCompression? {
        guard let parameters = table(parameters) else { return nil }
        var windowBits: Int?
        for (name, value) in parameters {
            switch name {
            case "server_no_context_takeover", "client_no_context_takeover":
                guard value == nil else { return nil }
            case "client_max_window_bits":
                // A hint, which needs no answer: we inflate with the largest window.
                guard value == nil || bits(value) != nil else { return nil }
            case "server_max_window_bits":
                // zlib cannot write with 8 bits, so that such an offer is declined.
                guard let bits = bits(value), bits > 8 else { return nil }
                windowBits = bits
            default: return nil
            }
        }
        return WebSocketCompression(windowBits: windowBits)
    }

    // MARK: The client's part

    /// Reads a server's answer to ``offer``.
    ///
    /// - Parameters:
    ///   - answers: The values of all headers named ``headerName``.
    ///   - isOffered: Whether anything was offered.
    /// - Returns: `nil` if the server declined.
    /// - Throws: `LinkError` `.badFraming` if it accepted something that was not offered.
    static func agreed(
        _ answers: [String], isOffered: Bool
    ) throws(LinkError) -> WebSocketCompression? {
        guard !answers.isEmpty else { return nil }
        guard isOffered, let list = WebSocketExtension.list(answers), list.count == 1,
            list[0].name == name, let parameters = table(list[0].parameters)
        else { throw unoffered }
        var keepsContext = true
        for (name, value) in parameters {
            switch name {
            case "server_no_context_takeover" where value == nil: keepsContext = false
            case "client_no_context_takeover" where value == nil: break
            // A server may limit itself unasked. It changes nothing for us.
            case "server_max_window_bits" where bits(value) != nil: break
            default: throw unoffered
            }
        }
        guard !keepsContext else { throw unoffered }
        return WebSocketCompression()
    }

    private static let unoffered = LinkError(
        .badFraming, "the server answered with a WebSocket extension that was not offered")

    // MARK: Parameters

    /// The parameters by name, or `nil` if one occurs twice.
    private static func table(
        _ parameters: [WebSocketExtension.Parameter]
    ) -> [(name: String, value: String?)]? {
        guard Set(parameters.map(\.name)).count == parameters.count else { return nil }
        return parameters.map { ($0.name, $0.value) }
    }

    /// A size of a window: 8 to 15, without leading zeros.
    private static func bits(_ value: String?) -> Int? {
        guard let value, let bits = Int(value), (8...15).contains(bits), String(bits) == value
        else { return nil }
        return bits
    }
}
