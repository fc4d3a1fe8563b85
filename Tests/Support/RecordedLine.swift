// SPDX-License-Identifier: MIT

import Foundation

/// One line of a recording: something that crossed the wire between two originals.
public struct RecordedLine: Decodable, Sendable {
    /// Who said something.
    public enum Side: String, Decodable, Sendable {
        /// The end that dialled.
        case client = "c>s"
        /// The end that listened.
        case server = "s>c"

        /// The opposite end.
        public var other: Side { self == .client ? .server : .client }
    }

    /// The number of the connection, from 1.
    public let conn: Int
    /// Who said it.
    public let dir: Side
    /// `http` or `frame` for Primus; `nil` for plain TCP.
    public let kind: String?
    /// The opcode of a WebSocket frame.
    public let opcode: Int?
    /// What was said: a protocol line with its newline, an HTTP head, or the text of a frame.
    public let data: String?
    /// The payload of a close frame, in hexadecimal.
    public let hex: String?
    /// A whole frame as it was on the wire, in hexadecimal.
    public let rawhex: String?
    /// What happened instead of data, such as `FIN`.
    public let event: String?
}

extension Fixtures {
    /// The lines of a recording, in order.
    public static func recording(_ name: String) -> [RecordedLine] {
        lines("Tests/Recordings/\(name).jsonl").filter { !$0.isEmpty }.map { line in
            do {
                return try JSONDecoder().decode(RecordedLine.self, from: Data(line.utf8))
            } catch {
                preconditionFailure("\(name).jsonl holds a line that is no recording: \(error)")
            }
        }
    }

    /// The names of the recordings that begin with `prefix`, sorted.
    public static func recordingNames(prefix: String) -> [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: recordings.path)) ?? []
        return files.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".jsonl") }
            .map { String($0.dropLast(".jsonl".count)) }.sorted()
    }

    /// Bytes from their hexadecimal digits.
    public static func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
