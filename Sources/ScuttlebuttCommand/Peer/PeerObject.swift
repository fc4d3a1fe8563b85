// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

/// One replicated type as `peer` speaks of it.
protocol PeerObject: Sendable {
    associatedtype Value: Replicated & Dumpable

    /// The commands with their arguments, for people.
    static var usage: [String] { get }
    /// The value before the first update.
    static func empty(for source: Source) -> Value
    /// What a command does; `nil` when there is no such command.
    static func deed(
        _ word: String, _ arguments: inout PeerArguments
    ) throws(PeerRequest.Refusal) -> PeerDeed<Value>?
}

/// What a command of a replicated type does.
enum PeerDeed<Value> {
    /// Writes what is prepared from the value, if anything.
    case write(@Sendable (Value) throws -> Payload?)
    /// Answers from the value.
    case read(@Sendable (Value) -> [UInt8])
}

/// A replicated object of one type, its storage, and the answers about it.
struct DataPeer<Object: PeerObject>: GossipingPeer {
    let driver: ReplicaDriver<Object.Value>
    private let hasStorage: Bool

    var source: Source { driver.source }
    var swarm: Swarm { driver.swarm }

    /// Opens the object, with everything that its store file holds.
    ///
    /// - Throws: ``CommandFailure`` or a `StorageError` when the file is not a store, or another
    ///   identity's.
    init(id: Source?, path: String?) async throws {
        var options = ReplicaOptions()
        options.source = id
        let remarks = Remarks()
        options.onEvent = { event in
            if let text = DataPeer.remark(event) { remarks.tell(text) }
        }
        hasStorage = path != nil
        guard let path else {
            driver = ReplicaDriver(options: options) { Object.empty(for: $0) }
            return
        }
        let storage = try SQLiteStorage.open(path, mode: .createIfMissing)
        do {
            driver = try await ReplicaDriver(storage: storage, options: options) {
                Object.empty(for: $0)
            }
        } catch {
            await storage.close()
            throw error
        }
        try await StoreIdentity.check(driver.source, wanted: id, path: path) {
            await storage.close()
        }
    }

    /// What people are told of an event, if anything.
    private static func remark(_ event: ReplicaEvent) -> String? {
        switch event {
        case .storageFailed(let error): error.message
        case .refused(let refusal, _): "An update was refused: \(refusal.message)."
        case .equivocation(let stamp):
            "\(stamp.source) has written two updates at \(stamp.timestamp.value)."
        case .ownUpdatesMissing: ActionPeer.ownUpdatesMissing
        case .cutOff(_, let error): "A connection was ended: \(error.message)."
        case .historyReceived, .synced, .stale, .missed: nil
        }
    }

    // MARK: Commands

    func reply(to line: [UInt8]) async -> PeerReply {
        var arguments = PeerArguments(line[...])
        do {
            guard let word = arguments.word() else {
                throw PeerRequest.Refusal(
                    message: "an empty line is no command; there are \(DataPeer.names)")
            }
            if let deed = try Object.deed(word, &arguments) {
                try arguments.end()
                return PeerReply(line: try await answer(deed))
            }
            return try common(word, arguments)
        } catch {
            return PeerReply(line: Answer.error(PeerEnding.reason(error)))
        }
    }

    private static var names: String {
        (Object.usage + ["dump", "history", "clock", "status", "quit"]).joined(separator: ", ")
    }

    private func answer(_ deed: PeerDeed<Object.Value>) async throws -> [UInt8] {
        switch deed {
        case .read(let body):
            return driver.withValue { body($0) }
        case .write(let prepare):
            let update = try driver.write(prepare)
            guard hasStorage, update != nil else { return Answer.dispatched(update?.stamp) }
            do {
                try await driver.flush()
            } catch {
                return Answer.error(
                    "the write is not saved yet, so it has not left: \(PeerEnding.reason(error)) "
                        + "Saving is tried again.")
            }
            return Answer.dispatched(update?.stamp)
        }
    }

    private func common(
        _ word: String, _ arguments: PeerArguments
    ) throws(PeerRequest.Refusal) -> PeerReply {
        let line: [UInt8]
        switch word {
        case "dump": line = Answer.value("dump", driver.withValue { $0.dump })
        case "history":
            // Each source's are ascending; here they are wanted in agreed order.
            let updates = driver.withValue { $0.history(since: VersionVector()) }
            line = Answer.history(updates.sorted { $0.stamp < $1.stamp }, keepsTails: true)
        case "clock": line = Answer.clock(driver.source, driver.vector)
        case "status": line = Answer.status(driver.status)
        case "quit": line = Answer.ok
        default:
            throw PeerRequest.Refusal(
                message: "there is no command '\(word.prefix(40))'; there are \(DataPeer.names)")
        }
        try arguments.end()
        return PeerReply(line: line, isQuit: word == "quit")
    }

    // MARK: Following and ending

    func follower() -> any PeerFollower { DataFollower(driver) }

    func close() async throws {
        let ending = PeerEnding(
            swarm: driver.swarm, pending: { driver.status.pending },
            flush: { try await driver.flush() }, shutDown: { await driver.shutDown() })
        try await ending.run()
    }
}

/// Prints the updates of others as a replica accepts them, also those that lose.
private final class DataFollower: PeerFollower {
    private let queue: FollowedUpdates
    private let subscription: ReplicaSubscription

    /// Follows from now on.
    init<Value: Replicated>(_ driver: ReplicaDriver<Value>) {
        let (queue, own) = (FollowedUpdates(), driver.source)
        self.queue = queue
        subscription = driver.observeUpdates { updates in
            queue.add(updates.filter { $0.source != own })
        }
    }

    func run() async throws {
        while case .work = await queue.signal.next() { try await printNews() }
        try await printNews()
    }

    func finish() async { queue.signal.raiseClose(.finished) }

    private func printNews() async throws {
        for update in queue.take() {
            try await StandardOutput.shared.write(line: Answer.update(update))
        }
    }
}

/// The updates that wait to be printed.
private final class FollowedUpdates: Sendable {
    /// How many may wait; what comes beyond it is left out, and people are told.
    static let limit = 65_536

    let signal = SessionSignal()
    private let waiting = Mutex<[Update]>([])

    func add(_ updates: [Update]) {
        let isFull = waiting.withLock { waiting in
            guard waiting.count < FollowedUpdates.limit else { return true }
            waiting += updates
            return false
        }
        if isFull { StandardError.shared.note("Updates are not printed: nobody reads them.") }
        signal.raiseWork()
    }

    func take() -> [Update] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
