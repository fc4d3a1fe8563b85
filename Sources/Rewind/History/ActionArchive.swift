// SPDX-License-Identifier: MIT

public import Scuttlebutt

#if hasFeature(Embedded)
    /// There are no archives in a page: their code would be a part of its module, and the states
    /// and actions of a page are JavaScript's.
    @usableFromInline
    enum ActionArchive<Action> {
        @usableFromInline
        func action(at timestamp: Timestamp, number: Int) -> Action? { switch self {} }
    }

    extension EntryStorage {
        @usableFromInline
        mutating func beginArchive(like other: EntryStorage) {}

        @usableFromInline
        mutating func dropArchived() {}
    }
#else
    /// The payloads of old actions, from which a history makes the actions again when it folds
    /// them.
    ///
    /// It refers to the chunks of the log, so that the history has no copy of its own of actions
    /// that were folded long ago.
    @usableFromInline
    struct ActionArchive<Action> {
        /// Replaces the actions of a source in a storage; made where the type of actions is known,
        /// because generic code would be many times slower.
        @usableFromInline
        typealias Release = @Sendable (inout EntryStorage<Action>, UInt32, [Timestamp]) -> Void

        let decode: @Sendable (Payload) -> Action?
        let release: Release
        /// By the number of a source in the history's storage.
        private var runs: [SealedRun?] = []

        @usableFromInline
        init(decode: @escaping @Sendable (Payload) -> Action?, release: @escaping Release) {
            self.decode = decode
            self.release = release
        }

        /// An empty archive that does the same.
        var emptied: ActionArchive { ActionArchive(decode: decode, release: release) }

        /// Up to where each source is here.
        var vector: VersionVector {
            var vector = VersionVector()
            for case let run? in runs {
                if let newest = run.newest { vector.advance(run.source, to: newest) }
            }
            return vector
        }

        /// Adds the chunks of a source that end at or before a timestamp.
        mutating func add(_ run: SealedRun, through limit: Timestamp, number: Int) {
            while runs.count <= number { runs.append(nil) }
            var all = runs[number] ?? SealedRun(source: run.source)
            // Not while the table has it as well.
            runs[number] = nil
            all.append(run, through: limit)
            runs[number] = all
        }

        /// Drops what no entry above this stamp can refer to.
        ///
        /// What another source wrote at the very time of the stamp may be above it.
        mutating func drop(through floor: Stamp) {
            for number in runs.indices { runs[number]?.drop(before: floor.timestamp) }
        }

        /// Up to where a source is here.
        func newest(number: Int) -> Timestamp? { number < runs.count ? runs[number]?.newest : nil }

        /// Returns the action of an entry.
        @usableFromInline
        @inline(never)
        func action(at timestamp: Timestamp, number: Int) -> Action? {
            guard number < runs.count, let payload = runs[number]?.payload(at: timestamp) else {
                return nil
            }
            return decode(payload)
        }
    }

#endif

extension ActionArchive: Sendable where Action: Sendable {}
