// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport
import Testing

@Suite("TextDocument: what people really typed", .timeLimit(.minutes(20)))
struct TextTraceTests {
    private static func document(_ operations: [TextOperation]) throws -> TextDocument {
        var document = TextDocument()
        for operation in operations { try document.apply(operation) }
        return document
    }

    @Test("One author's keystrokes give the recorded text")
    func sequential() async throws { try await sequential("sveltecomponent") }

    @Test(
        "Many keystrokes of one author give the recorded text",
        .enabled(if: EditingTrace.file("rustcode") != nil, "rustcode: \(EditingTrace.absence)"))
    func longSequential() async throws { try await sequential("rustcode") }

    private func sequential(_ name: String) async throws {
        let trace = try await EditingTrace(named: name)
        var document = TextDocument()
        var other = TextDocument()
        let author = source("A")
        for patch in trace.txns.flatMap(\.patches) {
            let range = patch.position..<patch.position + patch.deleted
            let operation = try document.replace(range, with: patch.inserted, by: author)
            try other.apply(operation)
        }
        #expect(document.text == trace.endContent)
        let saved = document.saved()
        #expect(other.saved() == saved)
        // Bytes and runs can be counted on every machine, and stand for time and memory.
        #expect(saved.count < (name == "rustcode" ? 53_000 : 20_000))
        #expect(document.runCount < (name == "rustcode" ? 13_000 : 6_000))
        let opened = try TextDocument(saved: saved)
        #expect(opened.saved() == saved)
        var merged = TextDocument()
        try merged.merge(saved)
        #expect(merged.saved() == saved)
        try other.merge(saved)
        #expect(other.saved() == saved)
    }

    @Test("Two authors' keystrokes give the recorded text in any order of delivery")
    func concurrent() async throws {
        let trace = try await EditingTrace(named: "friendsforever")
        let operations = try trace.operations()
        let recorded = try Self.document(operations)
        #expect(recorded.text == trace.endContent)
        let saved = recorded.saved()
        #expect(saved.count < 19_000)
        #expect(recorded.runCount < 4_000)
        let byAuthor = EditingTrace.authors.map { author in
            operations.filter { $0.source == author }
        }
        var random = SplitMix64(seed: 1)
        let orders = [
            byAuthor[0] + byAuthor[1], byAuthor[1] + byAuthor[0], Array(operations.reversed()),
            operations.shuffled(using: &random),
        ]
        for order in orders {
            let document = try Self.document(order)
            #expect(document.pendingCount == 0)
            #expect(document.saved() == saved)
        }
        // Each author's half, which waits for much of the other's, and then the whole.
        var half = try Self.document(byAuthor[1])
        #expect(half.pendingCount > 0)
        try half.merge(saved)
        #expect(half.pendingCount == 0)
        #expect(half.saved() == saved)
    }

    @Test("Two replicas that gossip as the authors did end with the recorded text")
    func gossip() async throws {
        let trace = try await EditingTrace(named: "friendsforever")
        var values = EditingTrace.authors.map { ReplicatedText(source: $0) }
        var vectors = EditingTrace.authors.map { _ in VersionVector() }
        var written: [Update] = []
        /// How many of the other's updates an author had seen, by the transactions it built on.
        var seen: [[Int]] = []
        var heard = [0, 0]
        var sent: [[Update]] = [[], []]
        for (index, transaction) in trace.txns.enumerated() {
            let (agent, patch) = (transaction.agent, transaction.patches[0])
            var counts = [0, 0]
            for parent in transaction.parents {
                for writer in 0..<2 { counts[writer] = max(counts[writer], seen[parent][writer]) }
            }
            let other = 1 - agent
            for update in sent[other][heard[agent]..<max(heard[agent], counts[other])] {
                #expect(values[agent].apply(update) == .applied)
            }
            heard[agent] = max(heard[agent], counts[other])
            counts[agent] += 1
            seen.append(counts)
            let range = patch.position..<patch.position + patch.deleted
            let payload = try #require(values[agent].makeReplace(range, with: patch.inserted))
            let update = update(EditingTrace.authors[agent].text, Double(index + 1), payload)
            #expect(values[agent].apply(update) == .applied)
            sent[agent].append(update)
            written.append(update)
        }
        for agent in 0..<2 {
            for update in sent[1 - agent][heard[agent]...] { values[agent].apply(update) }
            for update in written { vectors[agent].advance(update.source, to: update.timestamp) }
            #expect(values[agent].text == trace.endContent)
            #expect(values[agent].pendingCount == 0)
            #expect(values[agent].history(since: vectors[agent]).isEmpty)
        }
        #expect(values[0].document.saved() == values[1].document.saved())
        // One who comes later, from bounded deltas.
        var late = ReplicatedText(source: source("late"))
        var vector = VersionVector()
        let limit = DeltaLimit(updates: 4_000, bytes: 1 << 20)
        while true {
            let delta = values[0].delta(since: vector, limit: limit)
            if delta.isEmpty { break }
            for update in delta {
                #expect(late.apply(update) == .applied)
                vector.advance(update.source, to: update.timestamp)
            }
        }
        #expect(late.dump == values[0].dump)
        #expect(late.retainedByteCount < 45 * trace.txns.count)
    }
}
