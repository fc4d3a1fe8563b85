// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttRuntime
import Synchronization
import Testing

/// A JSON array of strings, so that some payloads do not fit: only JSON strings are taken.
struct Notes: Replicated {
    private var log = UpdateLog()
    private(set) var milliseconds: Double = 0
    private(set) var author: Source?

    init(author: Source? = nil) { self.author = author }

    var texts: [String] {
        log.delta(since: VersionVector()).map { String(decoding: $0.payload, as: UTF8.self) }
    }

    func adding(_ text: String) -> Payload { Array("\"\(text)\"".utf8) }

    func history(since known: VersionVector) -> [Update] { log.delta(since: known) }

    mutating func apply(_ update: Update, changes: inout [String]?) -> Application {
        guard update.payload.first == 0x22 else { return .refused("a note is a string") }
        guard log.append(update) else { return .applied }
        changes?.append(String(decoding: update.payload.dropFirst().dropLast(), as: UTF8.self))
        return .applied
    }

    mutating func advance(wallClock milliseconds: Double, changes: inout [String]?) {
        self.milliseconds = milliseconds
    }

    var retainedByteCount: Int { log.byteCount }
}

extension ReplicaOptions {
    /// A named replica with a counter for a clock.
    static func named(_ name: String) -> ReplicaOptions {
        var options = ReplicaOptions()
        options.source = Source(name)
        options.timestamps = .lamport
        return options
    }
}

extension ReplicaDriver {
    /// Waits until the value is as wanted; looked at after each change.
    func until(_ condition: @Sendable (Value) -> Bool) async {
        var iterator = changes.makeAsyncIterator()
        while !withValue({ condition($0) }) {
            guard await iterator.next() != nil else { return }
        }
    }
}

/// A host's peer in the same task: lines in, lines out.
struct RawPeer {
    let link: InMemoryLink
    let running: Task<SessionEnding, Never>

    init(_ swarm: Swarm, options: SessionOptions = SessionOptions()) {
        let (ours, theirs) = InMemoryLink.pair()
        link = theirs
        running = Task { await swarm.run(ours, options: options) }
    }

    func send(_ lines: String...) async throws {
        try await link.send(OutboundLines(lines: lines.map { Array($0.utf8) }))
    }

    /// Reads until a line is as wanted.
    func heard(_ isWanted: (String) -> Bool) async throws -> [String] {
        var heard: [String] = []
        while let lines = try await link.receive() {
            heard += lines.ranges.map { String(decoding: lines.bytes[$0], as: UTF8.self) }
            if heard.contains(where: isWanted) { return heard }
        }
        return heard
    }
}

/// Collects what observers on any thread are told.
final class Told<Element: Sendable>: Sendable {
    private let state = Mutex<[Element]>([])
    var all: [Element] { state.withLock { $0 } }
    func append(_ element: Element) { state.withLock { $0.append(element) } }

    /// All that was told that is as wanted, once there are so many of it: what a session brings is
    /// told after the lock is released, so the driver may show it before an observer hears of it.
    func matching(atLeast count: Int, _ isWanted: (Element) -> Bool) async -> [Element] {
        while true {
            let matching = all.filter(isWanted)
            if matching.count >= count { return matching }
            await Task.yield()
        }
    }
}
