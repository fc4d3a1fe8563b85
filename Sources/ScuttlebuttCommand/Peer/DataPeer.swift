// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import ScuttlebuttRuntime
import ScuttlebuttSQLite
import Synchronization

/// A replicated object with its storage and its answers to commands.
struct DataPeer<Value: Replicated & Dumpable>: GossipingPeer {
    let driver: ReplicaDriver<Value>
    private let object: PeerObject<Value>
    private let hasStorage: Bool

    var source: Source { driver.source }
    var swarm: Swarm { driver.swarm }

    /// Creates an object and loads its store file, if it has one.
    ///
    /// - Throws: ``CommandError`` or a `StorageError` if the file is not a store or belongs to
    ///   another identity.
    init(
        _ object: PeerObject<Value>, id: Source?, store file: PeerStore?, watch: SilenceWatch
    ) async throws {
        self.object = object
        var options = ReplicaOptions()
        options.source = id
        options.silenceWatch = watch
        let messages = DistinctMessages()
        options.onEvent = { messages.note($0) }
        hasStorage = file != nil
        guard let file else {
            driver = ReplicaDriver(options: options) { object.empty($0) }
            return
        }
        let storage = try file.open()
        do {
            driver = try await ReplicaDriver(storage: storage, options: options) {
                object.empty($0)
            }
        } catch {
            await storage.close()
            throw error
        }
        try await StoreIdentity.check(driver.source, wanted: id, path: file.path) {
            await storage.close()
        }
    }

    // MARK: Commands

    func reply(to line: [UInt8], _ first: FirstWrite?) async -> PeerReply {
        var arguments = PeerArguments(line[...])
        do {
            guard let word = arguments.word() else {
                throw PeerRequestError(
                    message: "empty command; use one of: \(names)")
            }
            if let command = try object.command(word, &arguments) {
                try arguments.end()
                if case .write = command { await first?.wait() }
                return PeerReply(line: try await answer(command))
            }
            return try common(word, arguments)
        } catch {
            return PeerReply(line: Answer.error(PeerShutdown.describe(error)))
        }
    }

    var usages: [String] { object.usage + DataPeer.commonNames }

    private var names: String { usages.joined(separator: ", ") }

    private static var commonNames: [String] { ["dump", "history", "clock", "status", "quit"] }

    /// The first word of each command.
    private var words: [String] {
        usages.compactMap { usage in
            usage.split(separator: " ").first.map(String.init)
        }
    }

    private func answer(_ command: ObjectCommand<Value>) async throws -> [UInt8] {
        switch command {
        case .read(let body):
            return driver.withValue { body($0) }
        case .write(let prepare):
            let update = try driver.write(prepare)
            guard hasStorage, update != nil else { return Answer.dispatched(update?.stamp) }
            do {
                try await driver.flush()
            } catch {
                return Answer.error(
                    "the write is not saved yet and has not been sent: "
                        + "\(PeerShutdown.describe(error)); saving will be retried")
            }
            return Answer.dispatched(update?.stamp)
        }
    }

    private func common(
        _ word: String, _ arguments: PeerArguments
    ) throws(PeerRequestError) -> PeerReply {
        let line: [UInt8]
        switch word {
        case "dump": line = Answer.value("dump", driver.withValue { $0.dump })
        case "history":
            // They are ascending per source; the answer is in agreed order.
            let updates = driver.withValue { $0.history(since: VersionVector()) }
            line = Answer.history(updates.sorted { $0.stamp < $1.stamp }, keepsTails: true)
        case "clock": line = Answer.clock(driver.source, driver.vector)
        case "status": line = Answer.status(driver.status)
        case "quit": line = Answer.ok
        default:
            throw PeerRequestError(
                message: "unknown command '\(word.prefix(40))'"
                    + Suggestion.text(for: word, among: words) + "; use one of: \(names)")
        }
        try arguments.end()
        return PeerReply(line: line, isQuit: word == "quit")
    }

    func headerReceived(within limit: Duration) async -> Bool {
        await driver.headerReceived(within: limit)
    }

    // MARK: Following and ending

    func follower() -> any PeerFollower { DataFollower(driver) }

    func close() async throws {
        let shutdown = PeerShutdown(
            swarm: driver.swarm, hasStorage: hasStorage, pending: { driver.status.pending },
            flush: { try await driver.flush() }, shutDown: { await driver.shutDown() })
        try await shutdown.run()
    }
}

/// Prints other peers' updates as a replica accepts them, even those that lose to newer ones.
private final class DataFollower: PeerFollower {
    private let queue: FollowedUpdates
    private let subscription: ReplicaSubscription

    /// Creates a follower that prints what arrives from now on.
    init<Value: Replicated>(_ driver: ReplicaDriver<Value>) {
        let (queue, own) = (FollowedUpdates(), driver.source)
        self.queue = queue
        subscription = driver.observeUpdates { updates in
            queue.add(updates.filter { $0.source != own })
        }
    }

    func run() async throws {
        while case .work = await queue.signal.next() { try await printNewUpdates() }
        try await printNewUpdates()
    }

    func finish() async { queue.signal.raiseClose(.finished) }

    private func printNewUpdates() async throws {
        for update in queue.take() {
            try await StandardOutput.shared.write(line: Answer.update(update))
        }
    }
}

/// The updates waiting to be printed.
private final class FollowedUpdates: Sendable {
    /// The maximum number of waiting updates; further ones are dropped with a warning.
    static let limit = 65_536

    let signal = SessionSignal()
    private let waiting = Mutex<[Update]>([])

    func add(_ updates: [Update]) {
        let isFull = waiting.withLock { waiting in
            guard waiting.count < FollowedUpdates.limit else { return true }
            waiting += updates
            return false
        }
        if isFull {
            StandardError.shared.note(
                "dropped updates from the output: more than \(FollowedUpdates.limit) are waiting "
                    + "for a reader")
        }
        signal.raiseWork()
    }

    func take() -> [Update] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }
}
