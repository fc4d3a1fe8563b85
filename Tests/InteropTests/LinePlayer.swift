// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import ScuttlebuttNIO
import ScuttlebuttRuntime
import Synchronization
import TestSupport
import Testing

/// Plays the original's side of a recording over TCP against a replica of ours, and compares what
/// ours says.
///
/// Our wall clock is that of the recording at each write, so even the timestamps agree. Not
/// compared: the order between the two directions, and what a header says of our own clock, which
/// the fork counts ahead and a bucket leaves out. Left out of what is expected: echoes.
struct LinePlayer<Value: Replicated & Dumpable> {
    let recording: LineRecording
    let driver: ReplicaDriver<Value>
    private let clock: RecordedClock
    private let own: Source
    private let events: [LineRecording.Event]
    private var updates: ReplicaSequence<ReplicaChanges<Update>>.Iterator
    /// Our updates of the recording that were written.
    private var written: Set<Timestamp> = []
    /// What their side sent and ours takes.
    private var theirs: [Stamp] = []
    /// What their side sent, or what ours has said already to them where the original repeats it.
    private var shown: Set<Stamp> = []
    private var hasTheirEnd = false

    init(
        _ recording: LineRecording, making make: @escaping @Sendable (Source) -> Value
    ) throws {
        self.recording = recording
        events = try recording.events()
        own = try #require(Source(recording.source))
        let clock = RecordedClock()
        self.clock = clock
        var options = ReplicaOptions()
        options.source = own
        options.wallClock = { clock.now }
        driver = ReplicaDriver(options: options, making: make)
        updates = driver.updates.makeAsyncIterator()
    }

    // MARK: Both roles

    /// Plays the whole recording, our side being what it says.
    mutating func play() async throws {
        try writeBefore()
        if recording.ours == .server {
            let listener = try await TCPListener.listen()
            driver.swarm.listen(listener, options: recording.options)
            let link = try await TCPTransport(host: "127.0.0.1", port: listener.port).connect()
            try await play(LineEnd(link), end: {})
        } else {
            let listener = try await TCPListener.listen()
            let transport = TCPTransport(host: "127.0.0.1", port: listener.port)
            let connection = driver.swarm.connect(
                transport, options: recording.options, isPersistent: false)
            let link = try #require(await listener.accept())
            try await play(LineEnd(link), end: { await connection.close() })
            await listener.close()
        }
        #expect(String(decoding: driver.value.dump, as: UTF8.self) == recording.dump)
        #expect(driver.status.refused == 0)
        #expect(driver.status.connected == 0)
        await driver.shutDown()
    }

    private mutating func play(_ wire: LineEnd, end: () async -> Void) async throws {
        let header = events.firstIndex { $0.side == recording.ours && $0.isHeader }
        if let header, case .line(_, .message(.digest(let digest))) = events[header].what {
            // It waits for nothing. What was written behind it must be there before theirs comes.
            try await expect(header: digest, wire)
        }
        try writeHistory()
        for (place, event) in events.enumerated() where place != header {
            switch (event.what, event.side == recording.ours) {
            case (.line(let text, let line), true): try await expect(text, line, wire)
            case (.line(let text, let line), false): try await say(text, line, wire)
            case (.end, true):
                await hasTheirs()
                // Ours ends by itself after SYNC without a tail, and when theirs has ended.
                if recording.options.tails, !hasTheirEnd { await end() }
                #expect(try await wire.line() == nil, "nothing else was said")
            case (.end, false):
                hasTheirEnd = true
                await wire.finish()
            }
        }
        await hasTheirs()
        await wire.close()
        await driver.swarm.shutDown()
    }

    // MARK: Their side

    private mutating func say(_ text: String, _ line: DecodedLine, _ wire: LineEnd) async throws {
        try await wire.say(text)
        guard case .message(.update(let update)) = line else { return }
        shown.insert(update.stamp)
        if recording.options.acceptsUpdates { theirs.append(update.stamp) }
    }

    /// The original had seen all of theirs when it wrote, so ours must have too.
    private mutating func hasTheirs() async {
        while !theirs.allSatisfy({ driver.vector.covers($0) }) {
            guard await updates.next() != nil else { return }
        }
        theirs = []
    }

    // MARK: Our side

    private mutating func expect(
        _ text: String, _ line: DecodedLine, _ wire: LineEnd
    ) async throws {
        switch line {
        case .message(.update(let update)) where update.source != own:
            await hasTheirs()
        case .message(.update(let update)):
            // Original buckets take their own updates back from others, and send them again.
            if recording.kind == .bucket, shown.contains(update.stamp) { return }
            if !written.contains(update.timestamp) {
                await hasTheirs()
                try write(update)
            }
            shown.insert(update.stamp)
            #expect(try await wire.line() == text)
        case .message, .ignored, .refused:
            #expect(try await wire.line() == text)
        }
    }

    private func expect(header recorded: Digest, _ wire: LineEnd) async throws {
        let heard = try await wire.line()
        var decoder = LineDecoder(wire: ClassicWire(rules: .upstream))
        let line = try heard.map { try decoder.decode(Array($0.utf8)) }
        guard case .message(.digest(let digest)) = line else {
            Issue.record("a header was expected, not \(heard ?? "the end")")
            return
        }
        #expect(digest.source == recorded.source && digest.meta == recorded.meta)
        let isFork = recording.options.headerForm == .fork
        #expect(heard?.contains("\"start\":0") == isFork)
        if !isFork, recording.kind != .bucket { #expect(digest.vector == recorded.vector) }
        #expect(digest.vector.entries.allSatisfy { $0.source == own })
    }

    /// Our updates before our SYNC.
    private var history: [Update] {
        var updates: [Update] = []
        for event in events where event.side == recording.ours {
            switch event.what {
            case .line(_, .message(.sync)): return updates
            case .line(_, .message(.update(let update))) where update.source == own:
                updates.append(update)
            case .line, .end: continue
            }
        }
        return updates
    }

    /// Writes what our side had before the connection: what its header tells of.
    private mutating func writeBefore() throws {
        var claimed: Timestamp?
        var hasHeader = false
        for event in events where event.side == recording.ours {
            if case .line(_, .message(.digest(let digest))) = event.what {
                hasHeader = true
                claimed = digest.vector[own]
            }
        }
        for update in history {
            let isTold = claimed.map { update.timestamp <= $0 } ?? !hasHeader
            if isTold || recording.kind == .bucket { try write(update) }
        }
    }

    private mutating func writeHistory() throws {
        for update in history where !written.contains(update.timestamp) { try write(update) }
    }

    private mutating func write(_ update: Update) throws {
        guard written.insert(update.timestamp).inserted else { return }
        clock.now = update.timestamp.value
        let stamped = try driver.write { _ in update.payload }
        #expect(stamped?.timestamp == update.timestamp)
    }
}

extension LineRecording.Event {
    var isHeader: Bool {
        if case .line(_, .message(.digest)) = what { true } else { false }
    }
}

/// The wall clock of a recording.
private final class RecordedClock: Sendable {
    private let milliseconds = Mutex<Double>(1)

    var now: Double {
        get { milliseconds.withLock { $0 } }
        set { milliseconds.withLock { $0 = newValue } }
    }
}

/// Their end of the connection, line by line.
private final class LineEnd {
    private let link: any Link
    private var heard: [String] = []
    private var probeCount = 0

    init(_ link: any Link) { self.link = link }

    func say(_ text: String) async throws {
        try await link.send(OutboundLines(lines: [Array(text.utf8)]))
    }

    /// The next line; `nil` when our side has ended.
    func line() async throws -> String? {
        while heard.isEmpty {
            guard let lines = try await link.receive() else { return nil }
            heard = lines.ranges.map { String(decoding: lines.bytes[$0], as: UTF8.self) }
            // The originals ignore it, and are asked only once.
            let probes = heard.count { $0 == "\"PING\"" }
            probeCount += probes
            #expect(probeCount <= 1)
            heard.removeAll { $0 == "\"PING\"" }
        }
        return heard.removeFirst()
    }

    func finish() async { await link.finish() }
    func close() async { await link.close(.finished) }
}
