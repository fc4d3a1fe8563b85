// SPDX-License-Identifier: MIT

/// One end of a connection inside this process; for tests, and for peers that live together.
///
/// Lines are copied as bytes, so a codec's mistakes show as they would on a wire. Each direction
/// has a half of its own, and at most its bound of unread bytes and one batch more.
public final class InMemoryLink: Link {
    /// How many unread bytes one direction holds before `send` suspends, unless told otherwise.
    public static let defaultBound = 1 << 20

    /// The name of the other end.
    public let name: String
    private let inbound: LineInbox
    private let outbound: LineInbox

    private init(name: String, inbound: LineInbox, outbound: LineInbox) {
        self.name = name
        self.inbound = inbound
        self.outbound = outbound
    }

    deinit { hangUp() }

    /// Two connected ends.
    ///
    /// - Parameters:
    ///   - names: What the first and the second end are called *by the other*.
    ///   - bound: Unread bytes per direction above which `send` suspends.
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

    /// The next lines that arrived, at least one; `nil` after the peer ended its half.
    public func receive() async throws -> InboundLines? { try await inbound.receive() }

    /// Sends every line of `lines`, in order.
    ///
    /// - Throws: ``LinkError`` when either side has closed, or after ``finish()``.
    public func send(_ lines: OutboundLines) async throws {
        try Task.checkCancellation()
        try await outbound.push(InboundLines(bytes: lines.bytes, ranges: lines.ranges))
    }

    /// Ends our half; the peer's `receive()` returns `nil` after what was sent before.
    public func finish() async { outbound.end() }

    /// Closes both halves; the peer sees the end of ours, whatever the reason.
    public func close(_ reason: LinkClosing) async { hangUp() }

    /// Cuts the connection as a network does: both ends lose it, neither said anything.
    public func cut() {
        let error = LinkError(.lost, "The connection was cut; dial again.")
        inbound.end(error)
        outbound.end(error)
    }

    private func hangUp() {
        outbound.end()
        inbound.close()
    }
}
