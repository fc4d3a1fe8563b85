// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport

/// A type whose laws are tested: how an app would use it, and what it shows.
protocol LawSubject: CommutingOperations {
    associatedtype View: Equatable
    /// What an app sees; the same before and after a compaction.
    var view: View { get }
    /// An operation as an app prepares it from this state.
    func prepared(_ random: inout SplitMix64) -> Operation?
    /// An operation that nobody prepared from any state.
    static func hostile(_ random: inout SplitMix64) -> Operation
}

/// An action with what its author had seen.
struct Event<Operation: Sendable>: Sendable {
    var stamp: Stamp
    var operation: Operation
    /// The numbers of the events that its author had applied.
    var seen: Set<Int>
}

/// What some peers dispatch while they gossip: their actions reach each other source by source in
/// order, but not in causal order, as scuttlebutt delivers them.
struct CausalHistory<Subject: LawSubject> {
    var events: [Event<Subject.Operation>] = []
    private var states: [Subject]
    private var known: [Set<Int>]
    private let sources: [Source]

    init(peers: Int = 3) {
        states = Array(repeating: Subject(), count: peers)
        known = Array(repeating: [], count: peers)
        sources = (0..<peers).map { source("é\($0)") }
    }

    /// Lets the peers dispatch and gossip for some steps.
    mutating func run(_ steps: Int, _ random: inout SplitMix64) {
        for _ in 0..<steps {
            let peer = Int.random(in: 0..<sources.count, using: &random)
            if Bool.random(using: &random) {
                dispatch(peer, &random)
            } else {
                pull(peer, Int.random(in: 0..<sources.count, using: &random), &random)
            }
        }
    }

    /// Lets everybody have everything.
    mutating func settle() {
        for peer in sources.indices {
            for index in events.indices where !known[peer].contains(index) { take(peer, index) }
        }
    }

    mutating func dispatch(_ peer: Int, _ random: inout SplitMix64) {
        guard let operation = states[peer].prepared(&random) else { return }
        dispatch(peer, operation)
    }

    mutating func dispatch(_ peer: Int, _ operation: Subject.Operation) {
        let newest = known[peer].map { events[$0].stamp.timestamp.value }.max() ?? 0
        let stamp = stamp(sources[peer], newest + 1)
        events.append(Event(stamp: stamp, operation: operation, seen: known[peer]))
        take(peer, events.count - 1)
    }

    func state(of peer: Int) -> Subject { states[peer] }

    /// Takes some more of what one source has written and another peer has.
    private mutating func pull(_ peer: Int, _ from: Int, _ random: inout SplitMix64) {
        let source = sources.randomElement(using: &random)
        let missing = known[from].subtracting(known[peer]).sorted()
            .filter { events[$0].stamp.source == source }
        for index in missing.prefix(Int.random(in: 1...4, using: &random)) { take(peer, index) }
    }

    private mutating func take(_ peer: Int, _ index: Int) {
        known[peer].insert(index)
        states[peer].apply(events[index].operation, at: events[index].stamp)
    }
}

/// A stamp of a test; traps for what cannot be one.
func stamp(_ source: Source, _ time: Double) -> Stamp {
    guard let timestamp = Timestamp(time) else { preconditionFailure("a test wrote a bad time") }
    return Stamp(timestamp: timestamp, source: source)
}

/// A stamp of a test; traps for what cannot be one.
func stamp(_ name: String, _ time: Double) -> Stamp { stamp(source(name), time) }

extension CausalHistory {
    /// A random order in which every event comes behind all that its author had seen.
    static func linearExtension(
        of events: [Event<Subject.Operation>], _ random: inout SplitMix64
    ) -> [Event<Subject.Operation>] {
        var rest = Set(events.indices)
        var result: [Event<Subject.Operation>] = []
        while !rest.isEmpty {
            let ready = rest.sorted().filter { events[$0].seen.isDisjoint(with: rest) }
            guard let next = ready.randomElement(using: &random) else {
                preconditionFailure("an event had seen itself")
            }
            rest.remove(next)
            result.append(events[next])
        }
        return result
    }
}

extension OperationBased {
    /// The value after these events, in this order.
    static func after<S: Sequence>(_ events: S) -> Self where S.Element == Event<Operation> {
        var result = Self()
        for event in events { result.apply(event.operation, at: event.stamp) }
        return result
    }
}
