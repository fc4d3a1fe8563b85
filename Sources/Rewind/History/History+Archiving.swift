// SPDX-License-Identifier: MIT

#if !hasFeature(Embedded)
    public import Scuttlebutt

    extension History {
        /// Lets old actions be kept as the payloads in a log, and made again when they are folded.
        ///
        /// It has no effect where an action takes no memory of its own beside its entry.
        ///
        /// - Parameter decode: Makes an action of the payload of its update. It must give the same
        ///   each time.
        @inlinable
        public mutating func keepArchive(decode: @escaping @Sendable (Payload) -> Action?) {
            guard !_isPOD(Action.self) else { return }
            storage.beginArchive(
                ActionArchive(decode: decode) { storage, source, timestamps in
                    storage.releaseActions(of: source, at: timestamps)
                })
        }

        /// The number of actions at the head that stay as they are: 4,096.
        ///
        /// Most late actions cause only these to be folded again.
        package static var unarchivedCount: Int { 4_096 }

        /// The number of entries after which there is something to be archived again: 4,096.
        package static var archiveStep: Int { 4_096 }

        /// The most entries that are archived at once, so that a dispatch does not wait for long:
        /// 16,384.
        package static var archiveLimit: Int { 16_384 }

        /// Whether there are so many old actions that the log should be asked for its full chunks.
        @inlinable
        public var isArchiveDue: Bool { storage.count >= storage.archiveDue }

        /// Whether it would be so with so many entries more.
        package func isArchiveDue(adding count: Int) -> Bool {
            storage.count + count >= storage.archiveDue
        }

        /// What the archive has of the log; `nil` if there is no archive.
        package var archivedVector: VersionVector? { storage.archive?.vector }

        /// Replaces old actions by references to their payloads.
        ///
        /// - Parameters:
        ///   - runs: What the log has beyond ``archivedVector``; what is of no use is ignored.
        ///   - limit: About how many entries to replace at most.
        /// - Complexity: O(k log n) for k updates in the runs; O(k) where nobody else wrote
        ///   between.
        package mutating func archive(_ runs: [SealedRun], limit: Int) {
            guard runs.allSatisfy({ $0.continues(storage.archivedEnd(of: $0.source)) }) else {
                // Made for a history that this one has replaced: what is skipped now would never be
                // asked for again.
                storage.archiveDue = 0
                return
            }
            let end = max(storage.start, storage.count - History.unarchivedCount)
            storage.archiveStart = min(max(storage.archiveStart, storage.start) + limit, end)
            // Also where nothing came: it was asked for.
            storage.archiveDue =
                storage.archiveStart < end ? 0 : storage.count + History.archiveStep
            guard storage.archiveStart > storage.start else { return }
            let last = storage[storage.archiveStart - 1].timestamp
            for run in runs { storage.archive(run, through: last) }
            storage.dropArchived()
        }
    }

    extension EntryStorage {
        @usableFromInline
        mutating func beginArchive(_ archive: ActionArchive<Action>) {
            self.archive = archive
            archiveDue = History<Never, Action>.archiveStep + History<Never, Action>.unarchivedCount
        }

        /// Begins an archive that reads payloads as another does.
        @usableFromInline
        mutating func beginArchive(like other: EntryStorage) {
            if let archive = other.archive { beginArchive(archive.emptied) }
        }

        /// Drops what only entries below the floor referred to.
        @usableFromInline
        mutating func dropArchived() {
            if let floor { archive?.drop(through: floor) }
        }

        /// Up to where a source is in the archive.
        fileprivate func archivedEnd(of source: Source) -> Timestamp? {
            sourceIndexes[source].flatMap { archive?.newest(number: Int($0)) }
        }

        /// Replaces the actions of a source whose payloads are in a run.
        fileprivate mutating func archive(_ run: SealedRun, through limit: Timestamp) {
            // Not the archive itself: while a second reference to it existed, adding would copy it.
            guard let source = sourceIndexes[run.source], let release = archive?.release else {
                return
            }
            let newest = archive?.newest(number: Int(source))
            var run = run
            if let floor { run.drop(before: floor.timestamp) }
            let timestamps = run.timestamps(after: newest, through: limit)
            guard !timestamps.isEmpty else { return }
            archive?.add(run, through: limit, number: Int(source))
            release(&self, source, timestamps)
        }

        /// Replaces the actions of a source at these timestamps, which ascend.
        @inlinable
        mutating func releaseActions(of source: UInt32, at timestamps: [Timestamp]) {
            var next = start
            for timestamp in timestamps {
                if next >= count || self[next].timestamp != timestamp || self[next].source != source
                    || self[next].isLocal
                {
                    let stamp = Stamp(timestamp: timestamp, source: sources[Int(source)])
                    guard let place = index(of: stamp) else { continue }
                    next = place
                }
                chunks[place(of: next)].archive(at: next & Self.chunkMask)
                next += 1
            }
        }
    }
#endif
