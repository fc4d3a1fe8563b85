// SPDX-License-Identifier: MIT

public import Foundation

/// What people typed, keystroke by keystroke; `Tests/Traces/README.md` says where it comes from.
public struct EditingTrace: Decodable, Sendable {
    /// One keystroke, or a few that were recorded as one.
    public struct Transaction: Decodable, Sendable {
        /// What its author had seen last, as indices of earlier transactions; empty in traces of
        /// one author.
        public let parents: [Int]
        /// Who typed it; 0 in traces of one author.
        public let agent: Int
        /// What it replaced, to be applied in order.
        public let patches: [Patch]

        enum CodingKeys: CodingKey { case parents, agent, patches }

        /// Decodes a transaction; those of one author name neither parents nor agent.
        public init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            parents = try values.decodeIfPresent([Int].self, forKey: .parents) ?? []
            agent = try values.decodeIfPresent(Int.self, forKey: .agent) ?? 0
            patches = try values.decode([Patch].self, forKey: .patches)
        }
    }

    /// One replacement; positions count scalars of the text that the parents stand for.
    public struct Patch: Decodable, Sendable {
        /// Where the replacement begins.
        public let position: Int
        /// How many scalars it removes.
        public let deleted: Int
        /// What it puts there.
        public let inserted: String

        /// Decodes `[position, deleted, inserted]`.
        public init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            position = try values.decode(Int.self)
            deleted = try values.decode(Int.self)
            inserted = try values.decode(String.self)
        }
    }

    /// Why a trace could not be read.
    public struct Failure: Error, CustomStringConvertible {
        /// What went wrong, for people.
        public let description: String
    }

    /// The text after the last transaction.
    public let endContent: String
    /// In the order in which they were recorded; parents come before their children.
    public let txns: [Transaction]
}

extension EditingTrace {
    /// Where a trace lies, or `nil` when it is not at hand.
    ///
    /// Small traces belong to the repository. `rustcode` does not; it is looked for in the folder
    /// that the environment variable `SCUTTLEBUTT_TRACES` names.
    public static func file(_ name: String) -> URL? {
        let given = ProcessInfo.processInfo.environment["SCUTTLEBUTT_TRACES"]
            .map { URL(filePath: $0) }
        return [Fixtures.root.appending(path: "Tests/Traces"), given]
            .compactMap { $0?.appending(path: "\(name).json.gz") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// Why a test of an absent trace is skipped.
    public static let absence =
        "the trace is not in Tests/Traces; SCUTTLEBUTT_TRACES may name a folder that has it"

    /// Reads a trace.
    ///
    /// - Throws: ``Failure`` when it is not at hand or cannot be unpacked, and a decoding error
    ///   when it is not a trace.
    public init(named name: String) async throws {
        guard let file = EditingTrace.file(name) else {
            throw Failure(description: "\(name): \(EditingTrace.absence)")
        }
        let json = try await Gzip.unpacked(file.path)
        self = try JSONDecoder().decode(EditingTrace.self, from: Data(json))
    }
}
