// SPDX-License-Identifier: MIT

import Foundation

/// What two people typed into one document at the same time, as recorded by Seph Gentle.
struct Trace: Sendable {
    /// One keystroke, or a few that were recorded as one.
    struct Transaction: Sendable, Decodable {
        /// What its author had seen last; indices of earlier transactions.
        let parents: [Int]
        /// 0 or 1.
        let agent: Int
        let patch: Patch

        enum CodingKeys: CodingKey { case parents, agent, patches }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            parents = try values.decode([Int].self, forKey: .parents)
            agent = try values.decode(Int.self, forKey: .agent)
            let patches = try values.decode([Patch].self, forKey: .patches)
            guard patches.count == 1, let patch = patches.first, (0...1).contains(agent) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .patches, in: values,
                    debugDescription: "a transaction has one patch and one of two authors")
            }
            self.patch = patch
        }
    }

    /// `[position, deleted, inserted]`; a position in the text that the parents stand for.
    struct Patch: Sendable, Decodable {
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

    let transactions: [Transaction]

    /// Reads a trace.
    ///
    /// - Throws: ``TraceFailure`` when it cannot be unpacked, or is no such trace.
    init(contentsOf file: URL) async throws {
        struct Contents: Decodable { let txns: [Transaction] }
        let json = try await Trace.unpacked(file)
        do {
            transactions = try JSONDecoder().decode(Contents.self, from: json).txns
        } catch {
            throw TraceFailure(message: "\(file.path) is not a trace of single patches: \(error)")
        }
        for (index, transaction) in transactions.enumerated()
        where !transaction.parents.allSatisfy({ $0 >= 0 && $0 < index }) {
            throw TraceFailure(message: "\(file.path): transaction \(index) precedes its parents")
        }
    }

    /// The trace that belongs to the repository.
    static let standard = URL(filePath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "../../Tests/Traces/friendsforever.json.gz")
        .standardizedFileURL

    /// The contents of a gzip file, by the program of that name.
    private static func unpacked(_ file: URL) async throws -> Data {
        try await withCheckedThrowingContinuation { continuation in
            // On its own thread: the pool's are not there to wait for other programs.
            Thread.detachNewThread {
                continuation.resume(with: Result { try unpackedNow(file) })
            }
        }
    }

    private static func unpackedNow(_ file: URL) throws -> Data {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw TraceFailure(message: "gzip could not unpack \(file.path); is it installed?")
        }
        return data
    }
}

/// Why a trace could not be read.
struct TraceFailure: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}
