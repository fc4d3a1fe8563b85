// SPDX-License-Identifier: MIT

import Foundation
import Scuttlebutt
import ScuttlebuttModels
import TestSupport

/// What people really typed, keystroke by keystroke, as recorded by Seph Gentle.
struct TextTrace: Decodable {
    struct Transaction: Decodable {
        /// What its author had seen last; indices of earlier transactions.
        let parents: [Int]
        let agent: Int
        let patches: [Patch]

        enum CodingKeys: CodingKey { case parents, agent, patches }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            // Traces of one author say neither.
            parents = try values.decodeIfPresent([Int].self, forKey: .parents) ?? []
            agent = try values.decodeIfPresent(Int.self, forKey: .agent) ?? 0
            patches = try values.decode([Patch].self, forKey: .patches)
        }
    }

    /// Positions count scalars of the text that the parents stand for.
    struct Patch: Decodable {
        let position: Int
        let deleted: Int
        let inserted: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            position = try values.decode(Int.self)
            deleted = try values.decode(Int.self)
            inserted = try values.decode(String.self)
        }
    }

    struct Failure: Error {
        let message: String
    }

    let endContent: String
    let txns: [Transaction]

    /// Reads a trace; `nil`, and why is printed, where the traces are not at hand.
    init?(named name: String) async throws {
        guard let file = TextTrace.file(name) else {
            print("skipped: there is no data/\(name).json.gz in $SCUTTLEBUTT_SHARED or ../shared")
            return nil
        }
        let data = Data(try await Gzip.unpacked(file.path))
        self = try JSONDecoder().decode(TextTrace.self, from: data)
    }

    private static func file(_ name: String) -> URL? {
        let beside = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("../../../../shared")
        let given = ProcessInfo.processInfo.environment["SCUTTLEBUTT_SHARED"]
            .map { URL(fileURLWithPath: $0) }
        return [given, beside]
            .compactMap { $0?.appendingPathComponent("data/\(name).json.gz").standardizedFileURL }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }

    static let authors = [source("A"), source("B")]

    /// What the authors sent, each having applied what it had seen when it typed.
    func operations() throws -> [TextOperation] {
        var documents = TextTrace.authors.map { _ in TextDocument() }
        var seen: [Set<Int>] = TextTrace.authors.map { _ in [] }
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
                throw Failure(message: "a transaction of two authors has one patch")
            }
            operations.append(
                try documents[agent].replace(
                    patch.position..<patch.position + patch.deleted, with: patch.inserted,
                    by: TextTrace.authors[agent]))
        }
        return operations
    }
}
