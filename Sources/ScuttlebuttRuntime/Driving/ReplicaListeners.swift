// SPDX-License-Identifier: MIT

import Scuttlebutt
import Synchronization

/// The observers of a ``ReplicaDriver``: who hears what, from which notice on.
final class ReplicaListeners<Value: Replicated>: Sendable {
    typealias Engine = ReplicaEngine<Value>
    typealias List<Element: Sendable> =
        any WritableKeyPath<Lists, [Listener<Element>]> & Sendable

    struct Listener<Element: Sendable>: Sendable {
        let number: Int
        /// It hears what comes from this place on.
        let start: Int
        let body: @Sendable (Element) -> Void
    }

    struct Lists: Sendable {
        var changes: [Listener<ReplicaChanges<Value.Change>>] = []
        var updates: [Listener<ReplicaChanges<Update>>] = []
        var events: [Listener<ReplicaEvent>] = []
        var lastNumber = 0
        var isClosed = false
    }

    private let lists = Mutex(Lists())
    private let onEvent: (@Sendable (ReplicaEvent) -> Void)?

    init(onEvent: (@Sendable (ReplicaEvent) -> Void)?) { self.onEvent = onEvent }

    /// Adds an observer; called under the lock of the engine, so that it misses nothing.
    func add<Element: Sendable>(
        _ list: List<Element>, from start: Int,
        _ body: @escaping @Sendable (Element) -> Void
    ) -> Int {
        lists.withLock { lists in
            lists.lastNumber += 1
            if !lists.isClosed {
                lists[keyPath: list].append(
                    Listener(number: lists.lastNumber, start: start, body: body))
            }
            return lists.lastNumber
        }
    }

    func remove<Element: Sendable>(
        _ list: List<Element>, _ number: Int
    ) {
        // What it holds is released after the lock.
        let removed = lists.withLock { lists in
            let removed = lists[keyPath: list].filter { $0.number == number }
            lists[keyPath: list].removeAll { $0.number == number }
            return removed
        }
        withExtendedLifetime(removed) {}
    }

    var hasChangeListeners: Bool { lists.withLock { !$0.changes.isEmpty } }
    var hasUpdateListeners: Bool { lists.withLock { !$0.updates.isEmpty } }

    func close() {
        let listeners = lists.withLock { lists in
            defer {
                lists.changes = []
                lists.updates = []
                lists.events = []
                lists.isClosed = true
            }
            return lists
        }
        withExtendedLifetime(listeners) {}
    }

    // MARK: Delivering

    func deliver(_ engine: Engine, _ notices: [Engine.Notice], from start: Int) {
        for (offset, notice) in notices.enumerated() {
            let place = start + offset
            switch notice {
            case .effect(.changed(let changes, let isReset)):
                tell(\.changes, place, ReplicaChanges(changes, isReset: isReset))
            case .effect(.accepted(let updates)):
                tell(\.updates, place, ReplicaChanges(updates))
            case .effect(.report(let event)):
                tell(event, place)
                if case .synced(let peer) = event { engine.noteSynced(peer) }
            case .missed(let changes, let updates, let events):
                tell(\.changes, place, ReplicaChanges([], missed: changes, isReset: true))
                if updates > 0 { tell(\.updates, place, ReplicaChanges([], missed: updates)) }
                if events > 0 { tell(.missed(events), place) }
            case .effect, .separated:
                break
            }
        }
    }

    private func tell(_ event: ReplicaEvent, _ place: Int) {
        onEvent?(event)
        tell(\.events, place, event)
    }

    private func tell<Element: Sendable>(
        _ list: KeyPath<Lists, [Listener<Element>]>, _ place: Int, _ element: Element
    ) {
        let listeners = lists.withLock { $0[keyPath: list].filter { $0.start <= place } }
        for listener in listeners { listener.body(element) }
    }
}
