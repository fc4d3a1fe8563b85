// SPDX-License-Identifier: MIT

/// One end of a connection within this process, for tests and for peers in the same process.
///
/// Lines are passed as bytes, so that codec errors show as they would on a network. Each direction
/// can be closed separately and holds at most `bound` unread bytes plus one batch.
public final class InMemoryLink: Link {
    /// The default number of unread bytes per direction above which `send` suspends.
    public static let defaultBound = 1 << 20

    /// The name of the other end.
    public let name: String
    /// Nothing can be lost on it.
    public var detectsSilence: Bool { true }
    private let inbound: LineInbox
    private let outbound: LineInbox

    private init(name: String, inbound: LineInbox, outbound: LineInbox) {
        self.name = name
        self.inbound = inbound
        self.outbound = outbound
    }

    deinit { hangUp() }

    /// Returns two connected ends.
    ///
    /// - Parameters:
    ///   - names: The names by which the first and the second end are known to the *other* end.
    ///   - bound: The number of unread bytes per direction above which `send` suspends.
    public static func pair(
        names: (String, String) = ("memory a", "memory b"), bound: Int = defaultBound
    ) -> (InMemoryLink, InMemoryLink) {
        let there = LineInbox(bound: bound)
        let back = LineInbox(bound: bound)
        return (
            InMemoryLink(name: names.1, inbound: back, outbound: there),
            InMemoryLink(name: names.0, inbound: there, outbound: back)
        )
    }

    /// Returns the next lines, at least one, or `nil` after the peer closed its half.
    public func receive() async throws -> InboundLines? { try await inbound.receive() }

    /// Sends every line of `lines`, in order.
    ///
    /// - Throws: ``LinkError`` if either side has closed, or after ``finish()``.
    public func send(_ lines: OutboundLines) async throws {
        try Task.checkCancellation()
        try await outbound.push(InboundLines(bytes: lines.bytes, ranges: lines.ranges))
    }

    /// Closes our half; the peer's `receive()` returns `nil` after everything sent before.
    public func finish() async { outbound.end() }

    /// Closes both halves.
    ///
    /// The peer sees our half end, whatever the reason.
    public func close(_ reason: LinkClosing) async { hangUp() }

    /// Breaks the connection like a network failure: both ends lose it.
    public func cut() {
        let error = LinkError(.lost, "connection lost")
        inbound.end(error)
        outbound.end(error)
    }

    private func hangUp() {
        outbound.end()
        inbound.close()
    }
}
