// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport

/// Several people who edit one text at once and hear of each other late.
struct TextScene {
    private(set) var operations: [TextOperation] = []
    /// For each operation how many of each writer's its author had applied.
    private(set) var causes: [[Int]] = []
    private var documents: [TextDocument]
    private var heard: [[Int]]
    private var byWriter: [[Int]]
    private let writers: [Source]

    init(writers: Int, steps: Int, random: inout SplitMix64) {
        self.writers = (0..<writers).map { source(["B", "A", "\u{1F600}", "\u{E000}"][$0]) }
        documents = Array(repeating: TextDocument(), count: writers)
        heard = Array(repeating: Array(repeating: 0, count: writers), count: writers)
        byWriter = Array(repeating: [], count: writers)
        for _ in 0..<steps { step(&random) }
    }

    private mutating func step(_ random: inout SplitMix64) {
        let who = Int.random(in: 0..<writers.count, using: &random)
        if Int.random(in: 0..<3, using: &random) == 0 { listen(who, &random) }
        let count = documents[who].count
        let places = [0, count, count / 2, Int.random(in: 0...count, using: &random)]
        let position = places[Int.random(in: 0..<4, using: &random)]
        let length = min(count - position, [0, 0, 1, 2, 5][Int.random(in: 0..<5, using: &random)])
        let words = ["", "x", "yz", "é😀", "lorem ", "\u{0}\u{2028}"]
        let word = words[Int.random(in: 0..<words.count, using: &random)]
        guard length > 0 || !word.isEmpty else { return }
        let range = position..<position + length
        let prepared = documents[who].makeReplace(range, with: word, by: writers[who])
        guard let done = try? documents[who].replace(range, with: word, by: writers[who]),
            done == prepared
        else { preconditionFailure("preparing and editing must agree") }
        byWriter[who].append(operations.count)
        operations.append(done)
        causes.append(heard[who])
        heard[who][who] = byWriter[who].count
    }

    /// Applies some more of what the others wrote, each with its causes.
    private mutating func listen(_ who: Int, _ random: inout SplitMix64) {
        let other = Int.random(in: 0..<writers.count, using: &random)
        let upTo = Int.random(in: heard[who][other]...byWriter[other].count, using: &random)
        hear(who, other, upTo)
    }

    private mutating func hear(_ who: Int, _ other: Int, _ upTo: Int) {
        while heard[who][other] < upTo {
            let number = byWriter[other][heard[who][other]]
            for (writer, count) in causes[number].enumerated() where writer != other {
                hear(who, writer, count)
            }
            guard heard[who][other] < upTo, byWriter[other][heard[who][other]] == number else {
                continue
            }
            heard[who][other] += 1
            guard (try? documents[who].apply(operations[number])) != nil else {
                preconditionFailure("an honest operation was refused")
            }
        }
    }

    /// All operations in a random order that respects causes.
    func linearExtension(_ random: inout SplitMix64) -> [TextOperation] {
        var done = Array(repeating: 0, count: writers.count)
        var result: [TextOperation] = []
        while result.count < operations.count {
            let ready = writers.indices.filter { writer in
                guard done[writer] < byWriter[writer].count else { return false }
                let needs = causes[byWriter[writer][done[writer]]]
                return writers.indices.allSatisfy { $0 == writer || needs[$0] <= done[$0] }
            }
            let writer = ready[Int.random(in: 0..<ready.count, using: &random)]
            result.append(operations[byWriter[writer][done[writer]]])
            done[writer] += 1
        }
        return result
    }
}
