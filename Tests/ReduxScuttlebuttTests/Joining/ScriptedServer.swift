// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttRuntime
import ScuttlebuttSecurity
import Synchronization

@testable import ReduxScuttlebutt

/// A server that says what a test wants.
final class ScriptedServer: Sendable {
    let listener: InMemoryListener

    init(_ network: InMemoryNetwork, at name: String) throws {
        listener = try network.listen(at: name)
    }

    /// Takes the next connection and sends a header for `count` actions of the source "server".
    func accept(count: Int, announces: Bool = true) async throws -> Talk {
        guard let link = await listener.accept() else { throw LinkError(.closed, "no more") }
        let talk = Talk(link)
        let meta = announces ? ",\"meta\":{\"checkpoints\":1}" : ""
        try await talk.send("{\"id\":\"server\",\"clock\":{\"server\":\(count)}\(meta)}")
        return talk
    }

    /// The checkpoint of the first `count` actions, each of which adds its number.
    static func content(
        _ count: Int, change: (inout StoredCheckpoint, inout [UInt8]) throws -> Void = { _, _ in }
    ) throws -> [UInt8] {
        var hash = LogHash()
        for value in 1...count { hash.add(update(value)) }
        var vector = VersionVector()
        vector.advance(source("server"), to: update(count).timestamp)
        var state = try StateCoding<[Int]>.canonical.encode(Array(1...count))
        var checkpoint = StoredCheckpoint(
            stamp: update(count).stamp, count: count, vector: vector, reducerVersion: "1",
            stateHash: LogHash.sha256(state), logHash: hash.bytes, stateByteCount: state.count)
        try change(&checkpoint, &state)
        return try CheckpointContent(checkpoint, rungs: [], state: state).bytes
    }

    static func update(_ value: Int) -> Update {
        Update(
            payload: Array("{\"type\":\"add\",\"payload\":\(value)}".utf8),
            timestamp: Timestamp(Double(value)) ?? .zero, source: source("server"), tail: nil)
    }
}

/// One connection of a scripted server.
final class Talk: Sendable {
    let link: any Link
    private let heard = Mutex<[Heard]>([])

    init(_ link: any Link) { self.link = link }

    func send(_ line: String) async throws {
        try await link.send(OutboundLines(lines: [Array(line.utf8)]))
    }

    func send(_ line: JoinLine) async throws {
        try await link.send(OutboundLines(lines: [line.line]))
    }

    /// The next line that says something about joining or is a header; `nil` at the end.
    func next() async throws -> Heard? {
        while true {
            let first: Heard? = heard.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            if let first { return first }
            guard let lines = try await link.receive() else { return nil }
            // Several may come together.
            for range in lines.ranges {
                let bytes = Array(lines.bytes[range])
                if JoinLine.isJoinLine(bytes) {
                    heard.withLock { $0.append(.join(JoinLine(bytes))) }
                } else if bytes.first == 0x7B {
                    let header = String(decoding: bytes, as: UTF8.self)
                    heard.withLock { $0.append(.header(header)) }
                }
            }
        }
    }

    enum Heard: Equatable {
        case join(JoinLine?)
        case header(String)
    }

    /// Answers everything as it should be until the header comes, then sends the history.
    ///
    /// - Returns: The lines about joining that came.
    @discardableResult
    func serve(
        _ content: [UInt8], count: Int, sendsHistory: Bool = true
    ) async throws -> [JoinLine] {
        var heard: [JoinLine] = []
        while let next = try await next() {
            guard case .join(let line?) = next else {
                if sendsHistory { try await history(count) }
                return heard
            }
            heard.append(line)
            switch line {
            case .ask: try await send(.offer(ContentHash(of: content), byteCount: content.count))
            case .part(_, let range): try await answer(Array(content[range]))
            case .tail(let stamp):
                let after = Int(stamp.timestamp.value)
                try await answer(Self.lines((after + 1)..<(count + 1)))
            default: break
            }
        }
        return heard
    }

    func answer(_ bytes: [UInt8]) async throws {
        for start in stride(from: 0, to: bytes.count, by: JoinLine.pieceByteCount) {
            let end = min(start + JoinLine.pieceByteCount, bytes.count)
            try await send(.bytes(Array(bytes[start..<end])))
        }
        try await send(.end)
    }

    /// Sends the first `count` actions as a history.
    func history(_ count: Int) async throws {
        for value in 1...count { try await send(line(value, value, "server")) }
        try await send(sync)
    }

    static func lines(_ values: Range<Int>) -> [UInt8] {
        values.flatMap { Array((line($0, $0, "server") + "\n").utf8) }
    }
}
