// SPDX-License-Identifier: MIT

public import ScuttlebuttRuntime

/// Reads a link line by line.
public struct LineReader: Sendable {
    /// The link to read.
    public let link: any Link
    private var waiting: [[UInt8]] = []

    /// Creates a reader, which must be the only one of `link`.
    public init(_ link: any Link) { self.link = link }

    /// Returns the next line, or `nil` after the peer closed its half.
    ///
    /// - Throws: The error of `receive()`, or ``ConformanceError`` for a batch without lines.
    public mutating func next() async throws -> [UInt8]? {
        if waiting.isEmpty {
            guard let batch = try await link.receive() else { return nil }
            guard batch.count > 0 else {
                throw ConformanceError("receive() returned an empty batch")
            }
            waiting = batch.ranges.reversed().map { Array(batch.bytes[$0]) }
        }
        return waiting.removeLast()
    }

    /// Returns the next `count` lines as text, or fewer if the peer closes its half first.
    public mutating func text(_ count: Int) async throws -> [String] {
        var lines: [String] = []
        while lines.count < count, let line = try await next() {
            lines.append(String(decoding: line, as: UTF8.self))
        }
        return lines
    }

    /// Returns the next line as text.
    public mutating func text() async throws -> String? { try await text(1).first }
}

extension OutboundLines {
    /// Creates a batch from lines given as text without newlines.
    public convenience init(_ lines: String...) { self.init(lines: lines.map { Array($0.utf8) }) }
}
