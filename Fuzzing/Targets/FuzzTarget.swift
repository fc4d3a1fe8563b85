// SPDX-License-Identifier: MIT

/// One thing that is fuzzed: a function of arbitrary bytes that must neither trap nor find fault.
public struct FuzzTarget: Sendable {
    /// Its name on the command line, and of its folders under `Corpus` and `Findings`.
    public let name: String
    /// The file under `Dictionaries` with tokens that inputs are made of.
    public let dictionary: String?
    /// Longest input in bytes that is worth trying.
    public let maximumByteCount: Int
    /// Takes one input.
    ///
    /// - Throws: ``Finding`` when something that must hold does not.
    public let run: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String, dictionary: String? = nil, maximumByteCount: Int = 512,
        _ run: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.dictionary = dictionary
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

/// Bytes as text for people.
func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
}
