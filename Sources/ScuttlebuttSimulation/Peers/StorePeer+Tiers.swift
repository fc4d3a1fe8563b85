// SPDX-License-Identifier: MIT

import Rewind
public import Scuttlebutt

/// A store whose memory is a cache of its disk; see ``PeerTiers``.
extension StorePeer {
    /// The version of the reducer; there is only one.
    private static var reducerVersion: String { "1" }

    // MARK: Starting

    /// Restores the state from the newest good checkpoint, folds what comes after it, and keeps the
    /// newest part of the log.
    public mutating func open(_ disk: inout SimulatedDisk, refusals: [Fingerprint]) {
        guard let tiers else { return }
        replica.restore(refusals: refusals)
        if let found = newestCheckpoint(below: nil, &disk) {
            history = history.restarted(
                at: found.state, floor: found.checkpoint.stamp, count: found.checkpoint.count)
            if let schedule = tiers.schedule {
                self.tiers?.schedule = CheckpointSchedule(
                    interval: schedule.interval, distance: schedule.distance,
                    startingAt: found.checkpoint.count, patience: 4)
            }
        }
        var log = LogRestoration(
            folded: history.floor, floor: disk.floor(leaving: max(1, tiers.memory / 2)),
            byteLimit: .max)
        var cursor = log.start
        while true {
            let page = disk.updates(after: cursor, limit: 16)
            guard let last = page.last?.stamp else { break }
            cursor = last
            history.merge(entries(of: log.unfolded(of: page)))
            history.trim(keeping: max(1, tiers.memory / 2))
            log.add(page)
        }
        let sources = disk.sources
        replica.restore(
            log.log(sources), newest: sources.map { $0.newest }, highest: log.highest)
    }

    /// Returns the newest checkpoint below a stamp that is good, with its state.
    private func newestCheckpoint(
        below bound: Stamp?, _ disk: inout SimulatedDisk
    ) -> (checkpoint: StoredCheckpoint, state: State)? {
        guard let coding = program.coding, tiers?.schedule != nil else { return nil }
        let stored = disk.checkpoints
        for checkpoint in descriptions(disk).candidates(below: bound)
        where knowsNone(checkpoint.unknown, &disk) {
            guard let bytes = stored.first(where: { $0.description == checkpoint })?.state,
                checkpoint.matches(bytes, hash: SimulatedHash.hash(bytes)),
                let state = coding.decode(bytes)
            else { continue }
            return (checkpoint, state)
        }
        return nil
    }

    private func descriptions(_ disk: borrowing SimulatedDisk) -> [StoredCheckpoint] {
        disk.checkpoints.map { $0.description }
    }

    /// Returns whether this version knows none of these actions.
    private func knowsNone(_ unknown: [Stamp], _ disk: inout SimulatedDisk) -> Bool {
        for stamp in unknown {
            if let update = disk.update(at: stamp), program.decode(update.payload, isNew) != nil {
                return false
            }
        }
        return true
    }

    // MARK: Trimming

    /// Drops the oldest chunks of the log, and folds the oldest entries of the history into its
    /// base.
    public mutating func trim(log: Int, history count: Int, unsaved: [Source: Timestamp]) {
        _ = replica.drop(keeping: log, bytes: .max, unsaved: unsaved)
        history.trim(keeping: max(1, count))
    }

    // MARK: Working

    /// Learns that everything up to this token is durable.
    public mutating func noteSaved(_ token: Int) {
        if tiers != nil { tiers?.savedToken = token }
    }

    /// Whether something came late, or a checkpoint is due, and the disk has what that needs.
    public var hasWork: Bool {
        guard let tiers else { return false }
        if tiers.canReplay || tiers.canFile { return true }
        guard history.stragglers.isEmpty else { return !tiers.isReplaying }
        return !tiers.isFiling && tiers.schedule?.isDue(at: history.gossipedCount) == true
    }

    /// Takes one step of a replay or of storing a checkpoint.
    public mutating func work(
        on disk: inout SimulatedDisk, fails: Bool, random: inout SplitMix64
    ) {
        guard let tiers else { return }
        if !tiers.isReplaying, !history.stragglers.isEmpty {
            self.tiers?.put(PeerTiers.Replay(old: history, token: replica.lastSave))
        } else if tiers.canReplay, !tiers.canFile || random.chance(60) {
            replay(&disk, fails, 1 + random.below(24))
        } else if tiers.canFile {
            file(&disk, fails, 1 + random.below(24))
        } else if !tiers.isFiling, history.stragglers.isEmpty, let schedule = tiers.schedule,
            schedule.isDue(at: history.gossipedCount)
        {
            guard let captured = CapturedState(history, distance: schedule.distance) else {
                self.tiers?.schedule?.noteMisfit(at: history.gossipedCount)
                return
            }
            self.tiers?.put(PeerTiers.Filing(captured: captured, token: replica.lastSave))
        }
    }

    // MARK: Replaying

    private mutating func replay(_ disk: inout SimulatedDisk, _ fails: Bool, _ limit: Int) {
        // If the disk fails, nothing changes, and it is tried again.
        guard var job = tiers?.takeReplay(), !fails else { return }
        if var refolding = job.refolding {
            job.refolding = nil
            if !job.hasReadLog {
                readLog(&refolding, &job, &disk, limit)
            } else if !refolding.addRetained(limit: limit, merge: { $0.merge($1) }) {
                guard refolding.missing() == nil else { return }
                history = refolding.fresh
                history.merge(job.recorded)
                if tiers?.schedule != nil { tiers?.schedule?.noteRebuilt() }
                return
            }
            job.refolding = refolding
        } else {
            job.refolding = Refolding(
                replacing: job.old, from: start(replacing: job.old, &disk))
        }
        tiers?.put(job)
    }

    private func readLog(
        _ refolding: inout Refolding<State, Action>,
        _ job: inout PeerTiers<State, Action>.Replay, _ disk: inout SimulatedDisk, _ limit: Int
    ) {
        let page = refolding.readsLog ? disk.updates(after: refolding.cursor, limit: limit) : []
        let part = refolding.part(of: page)
        if let last = part.last?.stamp {
            refolding.add(entries(of: part), through: last) { $0.merge($1) }
            refolding.trim(keeping: limit)
        }
        guard part.isEmpty || part.count < page.count else { return }
        refolding.finishLog()
        job.hasReadLog = true
    }

    /// Returns the history to begin with.
    private func start(
        replacing old: History<State, Action>, _ disk: inout SimulatedDisk
    ) -> History<State, Action> {
        guard case .checkpoint(let bound) = Refolding.start(replacing: old),
            let found = newestCheckpoint(below: bound, &disk)
        else { return old.restarted(at: program.initial) }
        return old.restarted(
            at: found.state, floor: found.checkpoint.stamp, count: found.checkpoint.count)
    }

    // MARK: Storing a checkpoint

    private mutating func file(_ disk: inout SimulatedDisk, _ fails: Bool, _ limit: Int) {
        guard var job = tiers?.takeFiling(), let coding = program.coding else {
            // Without bytes for states there are no checkpoints.
            tiers?.schedule = nil
            return
        }
        guard !fails else {
            tiers?.schedule?.noteFailed(at: history.gossipedCount)
            return
        }
        if job.isFiled {
            // Apart from the filing, so that a crash comes in between now and then.
            let surplus = descriptions(disk).surplus(
                head: job.captured.gossipedCount, spacing: tiers?.schedule?.interval ?? 1)
            return disk.remove(surplus)
        }
        if job.mark == nil {
            begin(&job, &disk)
        } else if !job.hasReadTail {
            readTail(&job, &disk, limit)
        } else {
            if let folded = job.folded { job.captured.state = folded.current }
            guard job.captured.matches(job.tail) else {
                tiers?.schedule?.noteMisfit(at: history.gossipedCount)
                return
            }
            let bytes = coding.encode(job.captured.state)
            let checkpoint = job.tail.checkpoint(
                at: job.captured.stamp, reducerVersion: Self.reducerVersion,
                stateHash: SimulatedHash.hash(bytes), stateByteCount: bytes.count)
            switch disk.file(
                SimulatedCheckpoint(description: checkpoint, state: bytes), since: job.mark ?? 0)
            {
            case nil:
                tiers?.schedule?.noteFailed(at: history.gossipedCount)
                return
            case false?:
                tiers?.schedule?.noteMisfit(at: history.gossipedCount)
                return
            case true?:
                tiers?.schedule?.noteFiled(checkpoint.count, actionsPerState: 0)
                job.isFiled = true
            }
        }
        tiers?.put(job)
    }

    private func begin(
        _ job: inout PeerTiers<State, Action>.Filing, _ disk: inout SimulatedDisk
    ) {
        job.mark = disk.mark
        var last: StoredCheckpoint?
        if job.captured.hasLocals {
            let found = newestCheckpoint(below: job.captured.stamp, &disk)
            last = found?.checkpoint
            job.folded =
                found.map {
                    history.restarted(
                        at: $0.state, floor: $0.checkpoint.stamp, count: $0.checkpoint.count)
                } ?? history.restarted(at: program.initial)
        } else {
            let stored = descriptions(disk)
            last = stored.candidates(below: job.captured.stamp).first {
                knowsNone($0.unknown, &disk)
            }
        }
        job.tail = LogTail(after: last)
    }

    private func readTail(
        _ job: inout PeerTiers<State, Action>.Filing, _ disk: inout SimulatedDisk, _ limit: Int
    ) {
        let page = disk.updates(after: job.tail.cursor, limit: limit)
        let part = page.filter { $0.stamp <= job.captured.stamp }
        job.tail.add(part)
        if job.folded != nil || job.captured.hasUnknown {
            let batch = entries(of: part)
            for entry in batch where entry.action == nil {
                if let stamp = entry.stamp { job.tail.unknown.append(stamp) }
            }
            if job.folded != nil {
                job.folded?.merge(batch)
                job.folded?.trim(keeping: 0)
            }
        }
        job.hasReadTail = part.count < page.count || page.isEmpty
    }

    // MARK: Checking

    /// Whether the history has all actions that it was given, or will have them.
    func hasAll(of foldedCount: Int) -> Bool {
        let late = history.stragglers
        // A closure, because making a generic key path takes longer than all the rest.
        let lateCount = late.isEmpty ? 0 : Set(late.compactMap { $0.stamp }).count
        let count = history.gossipedCount + lateCount
        return foldedCount <= count && count <= foldedCount + history.readAhead
    }

    /// Whether nothing came late that is not folded yet.
    public func isSettled(foldedCount: Int) -> Bool {
        tiers == nil || history.stragglers.isEmpty && history.gossipedCount == foldedCount
    }

    /// Whether an update that comes a second time would be recognised.
    public func recognizes(_ stamp: Stamp) -> Bool {
        guard let tiers else { return true }
        return !tiers.isReplaying && history.contains(stamp)
    }

    /// Compares the log in memory and the checkpoints with the log on the disk.
    public func brokenTier(
        _ disk: inout SimulatedDisk, _ reference: ([Update]) -> State
    ) -> String? {
        guard tiers != nil else { return nil }
        let log = disk.updates()
        if replica.value.count != log.count {
            return "the log has \(replica.value.count) updates and the disk \(log.count)"
        }
        for update in replica.value.delta(since: VersionVector())
        where disk.update(at: update.stamp) != update {
            return "the log has another \(update.stamp.text) than the disk"
        }
        for checkpoint in disk.checkpoints {
            let (description, bytes) = (checkpoint.description, checkpoint.state)
            let part = log.filter { description.covers($0.stamp) }
            var tail = LogTail<SimulatedHash>(after: nil)
            tail.add(part)
            let name = "the checkpoint at \(description.stamp.text)"
            guard tail.count == description.count, tail.cursor == description.stamp,
                tail.vector == description.vector, tail.hash.bytes == description.logHash
            else { return "\(name) does not describe the log" }
            // A damaged one is never read.
            guard description.unknown.isEmpty, SimulatedHash.hash(bytes) == description.stateHash
            else { continue }
            let (found, expected) = (program.coding?.decode(bytes), reference(part))
            guard found == expected else {
                return "\(name) is \(found.map { "\($0)" } ?? "nothing"), not \(expected)"
            }
        }
        return nil
    }
}
