// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttCoding
import ScuttlebuttSimulation

/// The actions of a program under test.
enum Note: GossipAction {
    case append(Int)
    case clear
    case look

    var isLocalOnly: Bool { if case .look = self { true } else { false } }
}

/// Folds notes into a list, which shows their order.
@Sendable func noting(_ state: inout [Int], _ action: Note) throws {
    switch action {
    case .append(let number) where number < 0: throw Unwelcome()
    case .append(let number): state.append(number)
    case .clear: state.removeAll()
    case .look: state.append(-1)
    }
}

struct Unwelcome: Error {}

/// The smallest type that forgets: of two writes to one key the larger stamp wins.
struct LastWriterMap: Replicated, Equatable {
    private var winners: [Payload: Update] = [:]
    private(set) var retainedByteCount = 0

    func history(since known: VersionVector) -> [Update] {
        winners.values.filter { !known.covers($0.stamp) }.sorted { $0.stamp < $1.stamp }
    }

    mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
        guard update.payload.starts(with: Array("[\"".utf8)),
            let comma = update.payload.firstIndex(of: UInt8(ascii: ","))
        else { return .refused("not [key, value]") }
        let key = Array(update.payload[..<comma])
        if let winner = winners[key] {
            guard winner.stamp < update.stamp else { return .applied }
            retainedByteCount -= winner.payload.count
        }
        retainedByteCount += update.payload.count
        winners[key] = update
        changes?.append(update)
        return .applied
    }

    /// What wins, in the order of the stamps.
    var contents: [Payload] { winners.values.sorted { $0.stamp < $1.stamp }.map(\.payload) }
}

/// The types that the replica is simulated with.
enum Programs {
    static let log = ReplicaProgram(
        make: { UpdateLog() },
        observe: { $0.history(since: VersionVector()) },
        payloads: { Array("{\"n\":\($0.below(1_000))}".utf8) })

    static let map = ReplicaProgram(
        retainsEverything: false,
        make: { LastWriterMap() },
        observe: { $0.contents },
        payloads: { Array("[\"\($0.below(5))\",\($0.below(1_000))]".utf8) })
}

extension Programs {
    /// A data type that breaks its promise: of two writes the one that came last wins.
    static let forgetful = ReplicaProgram(
        make: { LastComer() },
        observe: { $0.last.map { String(decoding: $0.payload, as: UTF8.self) } ?? "nothing" },
        payloads: { Array("{\"n\":\($0.below(1_000))}".utf8) })
}

struct LastComer: Replicated {
    private var log = UpdateLog()
    private(set) var last: Update?

    var retainedByteCount: Int { log.retainedByteCount }

    func history(since known: VersionVector) -> [Update] { log.history(since: known) }

    mutating func apply(_ update: Update, changes: inout [Update]?) -> Application {
        last = update
        return log.apply(update, changes: &changes)
    }
}
