// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// A random history of a few people who edit one text at once, hearing of each other now and then.
struct TextHistory {
    /// The operations in an order in which they can be applied.
    private(set) var operations: [TextOperation] = []
    /// For each operation, the indices of all that its author had applied.
    private(set) var known: [Set<Int>] = []
    /// What each author has in the end.
    private(set) var documents: [TextDocument]

    static let sources = [source("A"), source("é"), source("😀")]
    private static let alphabet: [String] = [
        "a", "b", "c", "xyz", "ß", "€uro", "😀", "e\u{301}", "𝄞𝄞", "\r\n", "hello world",
    ]

    init(seed: UInt64, length: Int = 40, authors: Int = 3) {
        var random = SplitMix(seed: seed)
        documents = (0..<authors).map { _ in TextDocument() }
        var applied = (0..<authors).map { _ in Set<Int>() }
        var cursors = [Int](repeating: 0, count: authors)
        for _ in 0..<length {
            let author = Int.random(in: 0..<authors, using: &random)
            // Hear of something, in causal order, now and then of everything.
            let hears = Int.random(in: 0..<6, using: &random)
            for index in operations.indices where !applied[author].contains(index) {
                if hears == 0 || hears == 1 && Bool.random(using: &random),
                    known[index].isSubset(of: applied[author])
                {
                    documents[author].apply(operations[index])
                    applied[author].insert(index)
                }
            }
            let count = documents[author].count
            var place = min(cursors[author], count)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: place = Int.random(in: 0...count, using: &random)
            case 1: place = 0
            case 2: place = count
            case _: break
            }
            let isDeleting = count > 0 && Int.random(in: 0..<4, using: &random) == 0
            let end = isDeleting ? min(count, place + Int.random(in: 1...4, using: &random)) : place
            let text =
                isDeleting && Bool.random(using: &random)
                ? "" : Self.alphabet.randomElement(using: &random) ?? ""
            let source = Self.sources[author]
            let operation: TextOperation
            if Bool.random(using: &random) {
                operation = documents[author].replace(place..<end, with: text, by: source)
            } else {
                operation = documents[author].prepareReplace(place..<end, with: text, by: source)
                documents[author].apply(operation)
            }
            guard !operation.isEmpty else { continue }
            // Backwards or forwards, from where one was.
            cursors[author] = place + (Bool.random(using: &random) ? text.unicodeScalars.count : 0)
            known.append(applied[author])
            applied[author].insert(operations.count)
            operations.append(operation)
        }
    }

    /// A random order in which every operation follows all that its author knew.
    func linearExtension(using random: inout SplitMix) -> [TextOperation] {
        var left = Array(operations.indices)
        var done: Set<Int> = []
        var result: [TextOperation] = []
        while !left.isEmpty {
            let ready = left.indices.filter { known[left[$0]].isSubset(of: done) }
            guard let choice = ready.randomElement(using: &random) else { break }
            let index = left.remove(at: choice)
            done.insert(index)
            result.append(operations[index])
        }
        return result
    }
}
