// SPDX-License-Identifier: MIT

/// Writes the members of a JSON object one after another.
struct ObjectWriter {
    private var isEmpty = true

    /// Appends what precedes a value: a brace or comma, the key, and a colon.
    mutating func begin(_ key: PropertyKey, in output: inout [UInt8]) {
        output.append(UInt8(ascii: isEmpty ? "{" : ","))
        isEmpty = false
        key.append(to: &output)
        output.append(UInt8(ascii: ":"))
    }

    /// Appends a member, `null` for `nil`.
    mutating func append(_ key: PropertyKey, _ value: [UInt8]?, in output: inout [UInt8]) {
        begin(key, in: &output)
        output.append(contentsOf: value ?? Array("null".utf8))
    }

    /// Appends the end of the object.
    func end(in output: inout [UInt8]) {
        if isEmpty { output.append(UInt8(ascii: "{")) }
        output.append(UInt8(ascii: "}"))
    }
}
