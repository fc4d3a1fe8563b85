// SPDX-License-Identifier: MIT

import Foundation
import Redux
import ReduxScuttlebutt
import Rewind
import Scuttlebutt
import ScuttlebuttCoding
import TestSupport
import Testing

/// A history as it is: every action with its place.
struct Entry: Hashable, Sendable {
    let stamp: Stamp
    let payload: Payload
}

/// The store on our side of a recording.
typealias PlayedStore = GossipStore<[Entry], RawAction>

extension PlayedStore {
    static let keeping = Reducer<[Entry], RawAction> { entries, action, meta in
        guard let timestamp = meta.timestamp, let source = meta.source else { return }
        entries.append(
            Entry(stamp: Stamp(timestamp: timestamp, source: source), payload: action.payload))
    }

    /// Waits until an update is here.
    func has(_ stamp: Stamp) async {
        for await entries in states where entries.contains(where: { $0.stamp == stamp }) { return }
    }
}

/// Plays the original's side of a recording against ours, and compares what ours says.
///
/// Not compared: timestamps of our own (we count by 1, the originals by 2), the bytes of Primus'
/// identifiers and pings, and the order between the two directions. Left out of what is expected:
/// echoes (an update that goes back to where it came from), repetitions on one connection, and the
/// empty `meta` that the originals put first in history.
struct Player {
    let recording: Recording
    /// Which side is ours.
    let ours: Recording.Side
    let store: PlayedStore
    /// Begins to end the connection from our side.
    let end: @Sendable () -> Void
    private var timesOut: Bool { recording.name.hasSuffix("timeout") }

    /// The timestamps that our actions have in the recording, and those that they got here.
    private var times: [(recorded: Timestamp, here: Timestamp)] = []
    /// Our actions of the recording that were dispatched.
    private var dispatched: Set<Timestamp> = []
    /// Everything that both sides wrote, as recorded.
    private var written: [Stamp: Payload] = [:]

    init(
        _ recording: Recording, ours: Recording.Side, store: PlayedStore,
        end: @escaping @Sendable () -> Void
    ) {
        self.recording = recording
        self.ours = ours
        self.store = store
        self.end = end
    }

    /// Dispatches what our side wrote while there was no connection, before this one.
    mutating func prepare(_ connection: [Recording.Event]) {
        for update in connection.history(of: ours) where update.source == store.source {
            dispatch(update)
        }
    }

    private mutating func dispatch(_ update: Update) {
        written[update.stamp] = update.payload
        guard dispatched.insert(update.timestamp).inserted else { return }
        store.dispatch(RawAction(payload: update.payload))
    }

    // MARK: One connection

    /// What is known of the connection that is being played.
    private struct Conversation {
        /// What their side sent, or claims to have; sending it back is an echo.
        var theirs: Set<Stamp> = []
        var claimed = VersionVector()
        /// What our side should have said already, so as not to expect it twice.
        var said: Set<Recording.Item> = []
        /// What was heard and not asked for yet.
        var data: [Recording.Item] = []
        var controls: [String] = []
        var probeCount = 0
        var pings: [Substring] = []
        var closing: [UInt8]?
        var isOver = false
        var hasClosed = false

        func isEcho(_ update: Update) -> Bool {
            theirs.contains(update.stamp) || claimed.covers(update.stamp)
        }
    }

    /// Plays one connection after its upgrade.
    mutating func play(_ events: [Recording.Event], over socket: inout RawConnection) async throws {
        var talk = Conversation()
        for event in events {
            switch event.what {
            case .http, .event: break
            case .text(let frame, let item):
                if event.side == ours {
                    try await expect(item, &talk, &socket)
                } else {
                    try await say(item, frame, &talk, &socket)
                }
            case .close(let payload):
                if event.side == ours {
                    // A server that hears nothing for too long ends the connection by itself.
                    if !talk.hasClosed, !timesOut { end() }
                    try await expectClose(payload, &talk, &socket)
                } else {
                    try? await socket.sayClose(payload)
                }
                talk.hasClosed = true
            }
        }
        if !talk.hasClosed, ours == .server {
            // Whatever was said before the answer to this is here when the answer is.
            try await socket.sayText("\"primus::id::\"")
            let answer = try await control("primus::id::", &talk, &socket)
            #expect(answer.count > "primus::id::".count)
        }
        #expect(talk.data.isEmpty, "nothing else was said")
        #expect(talk.controls.allSatisfy { $0.hasPrefix("primus::pong::") == false })
    }

    // MARK: Their side

    private mutating func say(
        _ item: Recording.Item, _ frame: String, _ talk: inout Conversation,
        _ socket: inout RawConnection
    ) async throws {
        switch item {
        case .header(let digest):
            talk.claimed = digest.vector
            try await socket.sayLine(line(digest))
        case .update(let update):
            talk.theirs.insert(update.stamp)
            guard update.source != store.source else {
                // An echo of ours, under the timestamp that it has here.
                guard let time = times.first(where: { $0.recorded == update.timestamp }) else {
                    Issue.record("an echo of what was never said: \(frame)")
                    return
                }
                return try await socket.sayLine(line(update, at: time.here))
            }
            written[update.stamp] = update.payload
            try await socket.sayText(frame)
        case .control(let text) where text.hasPrefix("primus::pong::"):
            // The answer to a ping of ours, so it carries our number.
            while talk.pings.isEmpty { try await hear(&talk, &socket) }
            try await socket.sayText("\"primus::pong::\(talk.pings.removeFirst())\"")
        case .sync, .control, .unknown:
            try await socket.sayText(frame)
        }
    }

    private func line(_ update: Update, at timestamp: Timestamp) -> [UInt8] {
        var block = WireBlock()
        ClassicWire(rules: .fork).append(
            Update(payload: update.payload, timestamp: timestamp, source: update.source),
            to: &block)
        return block.bytes
    }

    /// Their header, with what it says of our clock as it is here.
    private func line(_ digest: Digest) -> [UInt8] {
        var clock = VersionVector()
        for entry in digest.vector.entries where entry.source != store.source {
            clock.advance(entry.source, to: entry.timestamp)
        }
        if let seen = digest.vector[store.source],
            let time = times.last(where: { $0.recorded <= seen })
        {
            clock.advance(store.source, to: time.here)
        }
        var block = WireBlock()
        ClassicWire(rules: .fork).append(
            Digest(source: digest.source, vector: clock, meta: digest.meta), form: .fork,
            to: &block)
        return block.bytes
    }

    // MARK: Our side

    private mutating func expect(
        _ item: Recording.Item, _ talk: inout Conversation, _ socket: inout RawConnection
    ) async throws {
        switch item {
        case .header(let recorded):
            let heard = try await data(&talk, &socket)
            guard case .header(let header) = heard else {
                Issue.record("a header was expected, not \(heard)")
                return
            }
            #expect(header.source == recorded.source && header.meta == recorded.meta)
            for entry in recorded.vector.entries where entry.source != store.source {
                #expect(header.vector[entry.source] == entry.timestamp)
            }
            let known = Set(recorded.vector.entries.map(\.source)).union([store.source])
            #expect(Set(header.vector.entries.map(\.source)).isSubset(of: known))
        case .update(let update):
            if talk.isEcho(update) {
                // The original had it by now, and so shall we before the script goes on.
                return await store.has(update.stamp)
            }
            // Later connections of the original repeat what it says.
            guard talk.said.insert(item).inserted else { return }
            if update.source == store.source, !dispatched.contains(update.timestamp) {
                // The original had seen all this when it wrote, so ours must have too.
                for stamp in talk.theirs where stamp.source != store.source {
                    await store.has(stamp)
                }
                dispatch(update)
            }
            let heard = try await data(&talk, &socket)
            guard case .update(let said) = heard else {
                Issue.record("\(update.text) was expected, not \(heard)")
                return
            }
            #expect(said.source == update.source)
            #expect(JSONMeaning.areEqualActions(said.payload, update.payload))
            if update.source == store.source {
                times.append((update.timestamp, said.timestamp))
            } else {
                #expect(said.timestamp == update.timestamp)
            }
        case .sync:
            guard talk.said.insert(item).inserted else { return }
            let heard = try await data(&talk, &socket)
            #expect(heard == .sync)
        case .control(let text):
            try await expect(control: text, &talk, &socket)
        case .unknown(let text):
            Issue.record("the recording has a frame that nobody understands: \(text)")
        }
    }

    private mutating func expect(
        control text: String, _ talk: inout Conversation, _ socket: inout RawConnection
    ) async throws {
        if text.hasPrefix("primus::ping::") {
            // Answered when the script says so; more of them may come, as ours are quicker.
            while talk.pings.isEmpty { try await hear(&talk, &socket) }
        } else if text.hasPrefix("primus::pong::") {
            #expect(try await control("primus::pong::", &talk, &socket) == text)
        } else if text == "primus::server::close" {
            end()
            talk.hasClosed = true
            #expect(try await control(text, &talk, &socket) == text)
        } else if text.hasPrefix("primus::id::"), ours == .server {
            let identity = try await control("primus::id::", &talk, &socket)
            #expect(identity.count > "primus::id::".count)
        }
        // Our client asks for no identity of its own: nothing here would use it.
    }

    private func expectClose(
        _ payload: [UInt8], _ talk: inout Conversation, _ socket: inout RawConnection
    ) async throws {
        while talk.closing == nil, !talk.isOver { try await hear(&talk, &socket) }
        // Primus 8 closes without a code, which means the same as the ordinary one.
        let ordinary: [UInt8] = [0x03, 0xE8]
        let closing = talk.closing.map { $0.isEmpty ? ordinary : $0 }
        #expect(closing == (payload.isEmpty ? ordinary : payload))
    }

    // MARK: Hearing

    private func data(
        _ talk: inout Conversation, _ socket: inout RawConnection
    ) async throws -> Recording.Item {
        while talk.data.isEmpty {
            guard !talk.isOver else { return .unknown("the end of the connection") }
            try await hear(&talk, &socket)
        }
        return talk.data.removeFirst()
    }

    private func control(
        _ prefix: String, _ talk: inout Conversation, _ socket: inout RawConnection
    ) async throws -> String {
        while true {
            if let index = talk.controls.firstIndex(where: { $0.hasPrefix(prefix) }) {
                return talk.controls.remove(at: index)
            }
            guard !talk.isOver else { return "the end of the connection" }
            try await hear(&talk, &socket)
        }
    }

    private func hear(_ talk: inout Conversation, _ socket: inout RawConnection) async throws {
        guard !talk.isOver else { throw Unheard() }
        switch try await socket.frame() {
        case .text(let frame):
            switch Recording.Item(frame: frame) {
            case .control(let text) where text.hasPrefix("primus::ping::"):
                talk.pings.append(text.dropFirst("primus::ping::".count))
            case .control(let text): talk.controls.append(text)
            case .unknown("\"PING\"\n"):
                // The originals ignore it, and are asked only once.
                talk.probeCount += 1
                #expect(talk.probeCount <= 1)
            case let item: talk.data.append(item)
            }
        case .close(let payload):
            talk.closing = payload
            talk.isOver = true
        case .end: talk.isOver = true
        case .other(let first): Issue.record("an unexpected frame, 0x\(String(first, radix: 16))")
        }
    }

    /// Something that the script waits for did not come before the end of the connection.
    struct Unheard: Error {}

    // MARK: The end

    /// At the end our side has the actions of both, each once, in the order of the originals.
    func checkHistory() async {
        let recorded = written.sorted { $0.key < $1.key }
        for await entries in store.states where entries.count >= recorded.count { break }
        let entries = store.state
        #expect(entries.map(\.stamp.source) == recorded.map(\.key.source))
        for (entry, recorded) in zip(entries, recorded) {
            #expect(JSONMeaning.areEqualActions(entry.payload, recorded.value))
        }
    }
}

extension RawConnection {
    /// One wire line, in the string that Primus makes of it.
    func sayLine(_ line: [UInt8]) async throws {
        var frame: [UInt8] = []
        JSONString.encodeForFrame(line, into: &frame)
        try await sayText(String(decoding: frame, as: UTF8.self))
    }
}

extension Update {
    var text: String { String(decoding: payload, as: UTF8.self) }
}
