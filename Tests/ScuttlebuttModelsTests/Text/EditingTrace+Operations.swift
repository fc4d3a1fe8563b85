// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels
import TestSupport

extension EditingTrace {
    static let authors = [source("A"), source("B")]

    /// What the authors sent, each having applied what it had seen when it typed.
    func operations() throws -> [TextOperation] {
        var documents = EditingTrace.authors.map { _ in TextDocument() }
        var seen: [Set<Int>] = EditingTrace.authors.map { _ in [] }
        var operations: [TextOperation] = []
        for (index, transaction) in txns.enumerated() {
            let agent = transaction.agent
            var stack = transaction.parents
            var missing: [Int] = []
            while let next = stack.popLast() {
                guard seen[agent].insert(next).inserted else { continue }
                missing.append(next)
                stack += txns[next].parents
            }
            for index in missing.sorted() { try documents[agent].apply(operations[index]) }
            seen[agent].insert(index)
            guard let patch = transaction.patches.first, transaction.patches.count == 1 else {
                throw SeveralPatches()
            }
            operations.append(
                try documents[agent].replace(
                    patch.position..<patch.position + patch.deleted, with: patch.inserted,
                    by: EditingTrace.authors[agent]))
        }
        return operations
    }
}

/// A transaction of two authors has one patch.
struct SeveralPatches: Error {}
