// SPDX-License-Identifier: MIT

import Scuttlebutt

/// One thing that is fuzzed: a function of arbitrary bytes that must neither trap nor find fault.
public struct FuzzTarget: Sendable {
    /// How the code under a target is compiled.
    public enum Build: String, Sendable {
        /// With the address sanitizer, as they read unsafe buffers, and with each comparison told
        /// to the fuzzer, which so finds the tokens of a grammar.
        case decoders
        /// The same with the counters of all modules: for what a data type itself reads by unsafe
        /// buffers.
        case saved
        /// With the counters of edges only, several times as fast: for programs of safe Swift,
        /// whose bytes are choices and not tokens.
        case machines
    }

    /// Its name on the command line, and of its folders under `Corpus` and `Findings`.
    public let name: String
    /// The file under `Dictionaries` with tokens that inputs are made of.
    public let dictionary: String?
    /// What it is compiled with.
    public let build: Build
    /// Longest input in bytes that is worth trying.
    public let maximumByteCount: Int
    /// Takes one input.
    ///
    /// - Throws: ``Finding`` when something that must hold does not.
    public let run: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String, dictionary: String? = nil, maximumByteCount: Int = 512,
        build: Build = .decoders,
        _ run: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.dictionary = dictionary
        self.build = build
        self.maximumByteCount = maximumByteCount
        self.run = run
    }
}

/// Something that must hold for every input, and did not for one.
public struct Finding: Error, CustomStringConvertible {
    /// What was expected, and what was found.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Finds fault unless `condition` holds.
@inline(__always)
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
    if !condition { throw Finding(message()) }
}

/// The source of a name that is not refused.
func source(_ name: String) -> Source {
    guard let source = Source(name) else { fatalError("no source is called \(name)") }
    return source
}

/// Bytes as text for people.
func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
}
