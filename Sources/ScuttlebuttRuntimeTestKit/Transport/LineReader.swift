// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// Reads a link line by line, as a test likes it.
public struct LineReader: Sendable {
    /// The link it reads.
    public let link: any Link
    private var waiting: [[UInt8]] = []

    /// Reads `link`; nobody else may.
    public init(_ link: any Link) { self.link = link }

    /// The next line; `nil` after the peer ended its half.
    ///
    /// - Throws: What `receive()` throws, or ``ConformanceFailure`` for a batch without lines.
    public mutating func next() async throws -> [UInt8]? {
        if waiting.isEmpty {
            guard let batch = try await link.receive() else { return nil }
            guard batch.count > 0 else { throw ConformanceFailure("receive() gave an empty batch") }
            waiting = batch.ranges.reversed().map { Array(batch.bytes[$0]) }
        }
        return waiting.removeLast()
    }

    /// The next `count` lines as text; fewer if the peer ends its half before.
    public mutating func text(_ count: Int) async throws -> [String] {
        var lines: [String] = []
        while lines.count < count, let line = try await next() {
            lines.append(String(decoding: line, as: UTF8.self))
        }
        return lines
    }

    /// The next line as text.
    public mutating func text() async throws -> String? { try await text(1).first }
}

extension OutboundLines {
    /// Lines given as text, without newlines.
    public convenience init(_ lines: String...) { self.init(lines: lines.map { Array($0.utf8) }) }
}
