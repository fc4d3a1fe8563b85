// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import TestSupport
import Testing

/// One conversation of the original programs over Primus.
struct Recording: Sendable, CustomTestStringConvertible {
    typealias Side = RecordedLine.Side

    /// Something that was said, or happened, on one connection.
    struct Event: Sendable {
        let connection: Int
        let side: Side
        let what: What
    }

    enum What: Sendable {
        /// The request or the response of the upgrade.
        case http(String)
        /// A text frame, as its JSON text and as the string that this stands for.
        case text(frame: String, Item)
        /// A close frame and its payload.
        case close([UInt8])
        /// The end of the connection, or that there was none.
        case event(String)
    }

    /// What a text frame holds.
    enum Item: Hashable, Sendable {
        case header(Digest)
        case update(Update)
        case sync
        /// `primus::…`
        case control(String)
        case unknown(String)

        init(_ string: String) {
            if string.hasPrefix("primus::") {
                self = .control(string)
                return
            }
            var decoder = LineDecoder(wire: ClassicWire(rules: .fork))
            switch try? decoder.decode(Array(string.utf8.dropLast())) {
            case .message(.digest(let digest)) where string.hasSuffix("\n"): self = .header(digest)
            case .message(.update(let update)) where string.hasSuffix("\n"): self = .update(update)
            case .message(.sync) where string.hasSuffix("\n"): self = .sync
            default: self = .unknown(string)
            }
        }

        /// The string of a text frame's JSON.
        init(frame: String) {
            let string = try? JSONDecoder().decode(String.self, from: Data(frame.utf8))
            self = string.map { Item($0) } ?? .unknown(frame)
        }
    }

    let name: String
    let events: [Event]

    var testDescription: String { name }

    /// The connections in order, without those that nobody answered.
    var connections: [[Event]] {
        let numbers = Set(events.map(\.connection)).sorted()
        return numbers.map { number in events.filter { $0.connection == number } }
            .filter { events in events.contains { if case .text = $0.what { true } else { false } }
            }
    }

    // MARK: Files

    static let all = Fixtures.recordingNames(prefix: "primus").map { Recording($0) }

    init(_ name: String) {
        self.name = name
        events = Fixtures.recording(name).map { line in
            let what: What
            switch (line.kind, line.opcode) {
            case ("http", _): what = .http(line.data ?? "")
            case ("frame", 1):
                let frame = line.data ?? ""
                what = .text(frame: frame, Item(frame: frame))
            case ("frame", 8): what = .close(Fixtures.bytes(hex: line.hex ?? ""))
            default: what = .event(line.event ?? "")
            }
            return Event(connection: line.conn, side: line.dir, what: what)
        }
    }
}

extension [Recording.Event] {
    /// The items of one side, in order.
    func items(of side: Recording.Side) -> [Recording.Item] {
        compactMap { event in
            if case .text(_, let item) = event.what, event.side == side { item } else { nil }
        }
    }

    /// The identity that a side writes as.
    func source(of side: Recording.Side) -> Source? {
        for case .header(let digest) in items(of: side) { return digest.source }
        return nil
    }

    /// The updates that a side sent before its SYNC.
    func history(of side: Recording.Side) -> [Update] {
        items(of: side).prefix { $0 != .sync }.compactMap { item in
            if case .update(let update) = item { update } else { nil }
        }
    }

    /// Whether the server said that the client shall not come back.
    var isDismissed: Bool { items(of: .server).contains(.control("primus::server::close")) }
}
