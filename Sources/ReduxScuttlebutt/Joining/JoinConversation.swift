// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import Synchronization

/// Questions and answers about joining, before a session begins.
struct JoinConversation: Sendable {
    private let reader: LinkReader
    private let turn: SendTurn
    private let silenceLimit: Duration
    private let timer: Task<Void, Never>
    private let isOver: Flag
    private let sleep: @Sendable (Duration) async throws -> Void
    private var answers: [JoinLine] = []

    /// The most bytes of an answer: a page, and one update as long as a line may be.
    static let pageByteLimit = JoinLine.partByteCount + (16 << 20)

    private final class Flag: Sendable {
        let isSet = Atomic<Bool>(false)
    }

    init(
        _ reader: LinkReader, _ turn: SendTurn, _ joining: Joining,
        sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.reader = reader
        self.turn = turn
        silenceLimit = joining.silenceLimit
        let isOver = Flag()
        self.isOver = isOver
        self.sleep = sleep
        timer = Task {
            try? await sleep(joining.timeLimit)
            if !Task.isCancelled { isOver.isSet.store(true, ordering: .relaxed) }
        }
    }

    /// Stops the clock.
    func end() { timer.cancel() }

    /// Returns the peer's header; the session reads it again.
    ///
    /// - Returns: `nil` if the peer says nothing for a while.
    func header(_ wire: ClassicWire, within limit: Duration) async throws -> Digest? {
        var decoder = LineDecoder(wire: wire)
        // Whoever says other things all the time is not waited for either.
        let isLate = Flag()
        let timer = Task { [sleep] in
            try? await sleep(limit)
            isLate.isSet.store(true, ordering: .relaxed)
        }
        defer { timer.cancel() }
        while !isLate.isSet.load(ordering: .relaxed) {
            let lines: InboundLines
            do {
                lines = try await reader.next(within: limit)
            } catch LinkReader.Failure.silent {
                return nil
            }
            try reader.keep(lines)
            for range in lines.ranges where lines.bytes[range].first == 0x7B {
                guard
                    case .message(.digest(let digest)) = try? decoder.decode(
                        Array(lines.bytes[range]))
                else { return nil }
                return digest
            }
        }
        return nil
    }

    func send(_ line: JoinLine) async throws {
        try await turn.send(OutboundLines(lines: [line.line]))
    }

    /// Returns the peer's next line about joining; other lines are kept for the session.
    mutating func next() async throws -> JoinLine {
        while answers.isEmpty {
            let lines: InboundLines
            do {
                lines = try await reader.next(within: silenceLimit)
            } catch LinkReader.Failure.silent {
                throw JoinFault("it was silent for too long")
            }
            if isOver.isSet.load(ordering: .relaxed) {
                throw JoinFault("it took longer than timeLimit allows")
            }
            var others: [Range<Int>] = []
            for range in lines.ranges {
                guard JoinLine.isJoinLine(lines.bytes[range]) else {
                    others.append(range)
                    continue
                }
                guard let line = JoinLine(Array(lines.bytes[range])) else {
                    throw JoinFault(untrue: "it sent a line that cannot be read")
                }
                answers.append(line)
            }
            do {
                try reader.keep(
                    InboundLines(bytes: others.isEmpty ? [] : lines.bytes, ranges: others))
            } catch LinkReader.Failure.tooMuch {
                throw JoinFault("it sent other things instead")
            }
        }
        return answers.removeFirst()
    }

    /// Returns the next updates of the peer after a stamp; nothing if there are none.
    mutating func page(after stamp: Stamp, _ wire: ClassicWire) async throws -> [Update] {
        try await send(.tail(after: stamp))
        var bytes: [UInt8] = []
        while true {
            switch try await next() {
            case .bytes(let piece):
                bytes += piece
                guard bytes.count <= Self.pageByteLimit else {
                    throw JoinFault(untrue: "it sent more than it was asked for")
                }
            case .end: return try Self.updates(bytes, after: stamp, wire)
            case .none: throw JoinFault("it cannot read its log")
            default: throw JoinFault(untrue: "it answered something else")
            }
        }
    }

    /// Reads lines of updates, which must come after a stamp and ascend.
    static func updates(
        _ bytes: [UInt8], after stamp: Stamp, _ wire: ClassicWire
    ) throws -> [Update] {
        var decoder = LineDecoder(wire: wire)
        var updates: [Update] = []
        var last = stamp
        for line in bytes.split(separator: 0x0A) {
            guard case .message(.update(let update)) = try? decoder.decode(Array(line)),
                last < update.stamp
            else { throw JoinFault(untrue: "it sent updates that cannot be read in order") }
            last = update.stamp
            updates.append(update)
        }
        return updates
    }
}

/// How a peer says in its header that it can give its state to others.
enum JoinAnnouncement {
    private static let key = "checkpoints"

    /// Returns the application's own meta with the announcement; unchanged if it is no object.
    static func added(to meta: Payload?) -> Payload? {
        guard let meta else { return Array("{\"\(key)\":1}".utf8) }
        guard case .object(let object) = try? JSONValue(meta) else { return meta }
        return JSONValue.object(
            JSONValue.Object(
                object.members.filter { $0.key != key } + [(key: key, value: 1)])
        ).bytes
    }

    /// Whether a header has it.
    static func isPresent(in meta: Payload?) -> Bool {
        guard let meta, let value = try? JSONValue(meta) else { return false }
        return value[key]?.integer == 1
    }
}
