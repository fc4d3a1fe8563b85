// SPDX-License-Identifier: MIT

import Foundation
import TestSupport
import Testing

/// What the fuzzer found out in long runs is tried again in each build, without the fuzzer.
@Suite("Corpus", .timeLimit(.minutes(20)))
struct CorpusTests {
    private static let fuzzing = Fixtures.root.appending(path: "Fuzzing")

    /// The inputs of a target below `Corpus` or `Findings`, by name; none where there is no folder.
    private static func inputs(_ kind: String, _ target: String) throws -> [(URL, [UInt8])] {
        let folder = fuzzing.appending(path: kind).appending(path: target)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil
        ).sorted { $0.path < $1.path }.map { ($0, Array(try Data(contentsOf: $0))) }
    }

    private static func target(_ name: String) throws -> FuzzTarget {
        try #require(FuzzTarget.all.first { $0.name == name })
    }

    @Test("What failed once does not fail again", arguments: FuzzTarget.all.map(\.name))
    func findings(name: String) throws {
        let target = try Self.target(name)
        for (file, bytes) in try Self.inputs("Findings", name) {
            #expect(throws: Never.self, "\(file.path)") { try target.run(bytes) }
        }
    }

    @Test("No input of the corpus finds fault", arguments: FuzzTarget.all.map(\.name))
    func corpus(name: String) throws {
        let target = try Self.target(name)
        let inputs = try Self.inputs("Corpus", name)
        #expect(!inputs.isEmpty, "dev/fuzz \(name) --merge makes one")
        for (file, bytes) in inputs {
            #expect(throws: Never.self, "\(file.path)") { try target.run(bytes) }
        }
    }

    @Test(
        "No changed input of the corpus finds fault", arguments: FuzzTarget.all.map(\.name),
        UInt64(0)..<4)
    func changed(name: String, seed: UInt64) throws {
        let target = try Self.target(name)
        let inputs = try Self.inputs("Corpus", name).map(\.1)
        var random = SplitMix64(seed: seed)
        for _ in 0..<100 {
            guard var bytes = inputs.randomElement(using: &random) else { return }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                change(&bytes, inputs, &random)
            }
            bytes = Array(bytes.prefix(target.maximumByteCount))
            #expect(throws: Never.self, "seed \(seed): \(Data(bytes).base64EncodedString())") {
                try target.run(bytes)
            }
        }
    }

    private func change(_ bytes: inout [UInt8], _ others: [[UInt8]], _ random: inout SplitMix64) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 1: if place < bytes.count { bytes.remove(at: place) }
        case 2:
            if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
        default:
            guard let other = others.randomElement(using: &random) else { return }
            bytes.replaceSubrange(place..., with: other.dropFirst(place))
        }
    }

}
