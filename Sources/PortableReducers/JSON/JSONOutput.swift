// SPDX-License-Identifier: MIT

import Scuttlebutt

/// Writes JSON as JavaScript's `JSON.stringify` does; commas come by themselves.
///
/// ```swift
/// json.object {
///     $0.member("name", name)
///     $0.key("scores")
///     $0.array { for score in scores { $0.value(score) } }
/// }
/// ```
public struct JSONOutput: Sendable {
    /// What is written so far.
    public private(set) var bytes: [UInt8] = []
    /// Whether a comma comes before the next key or value.
    private var isAfterValue = false

    /// Creates an empty output.
    public init() {}

    // MARK: Objects and arrays

    /// Writes an object, whose members are written by `body`.
    public mutating func object(_ body: (inout JSONOutput) -> Void) {
        enclosed(UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// Writes an array, whose elements are written by `body`.
    public mutating func array(_ body: (inout JSONOutput) -> Void) {
        enclosed(UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    /// Writes the key of a member, in plain ASCII; its value must follow.
    public mutating func key(_ key: StaticString) {
        ascii(key)
        endKey()
    }

    /// Writes the key of a member; its value must follow.
    public mutating func key(named key: PortableText) {
        string(key.utf8)
        endKey()
    }

    /// Writes a member of an object.
    ///
    /// - Parameters:
    ///   - key: In plain ASCII.
    ///   - value: Writes one JSON value.
    public mutating func member(_ key: StaticString, _ value: some JSONWritable) {
        self.key(key)
        value.write(to: &self)
    }

    /// Writes a member of an object.
    public mutating func member(named key: PortableText, _ value: some JSONWritable) {
        self.key(named: key)
        value.write(to: &self)
    }

    /// Writes a value.
    public mutating func value(_ value: some JSONWritable) { value.write(to: &self) }

    // MARK: Texts

    /// Writes a string of plain ASCII that needs no escapes.
    public mutating func ascii(_ text: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a string from its UTF-8; see ``PortableText/utf8`` for unpaired surrogates.
    mutating func string(_ utf8: [UInt8]) {
        separate()
        guard let first = PortableText.surrogate(in: utf8, from: 0) else {
            JSONString.encode(utf8, into: &bytes)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        var (start, next): (Int, Int?) = (0, first)
        while let surrogate = next {
            piece(utf8[start..<surrogate])
            let unit =
                0xD000 | UInt32(utf8[surrogate + 1] & 0x3F) << 6
                | UInt32(utf8[surrogate + 2] & 0x3F)
            bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
            for shift in [12, 8, 4, 0] as [UInt32] {
                let digit = UInt8(truncatingIfNeeded: unit >> shift & 15)
                bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
            }
            start = surrogate + 3
            next = PortableText.surrogate(in: utf8, from: start)
        }
        piece(utf8[start...])
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends a part of a string, without quotes.
    private mutating func piece(_ utf8: ArraySlice<UInt8>) {
        var literal: [UInt8] = []
        JSONString.encode(Array(utf8), into: &literal)
        bytes.append(contentsOf: literal.dropFirst().dropLast())
    }

    // MARK: Parts

    mutating func number(_ value: Int64) {
        separate()
        JSONNumber.append(value, to: &bytes)
    }

    mutating func number(_ value: Double) {
        separate()
        JSONNumber.append(value, to: &bytes)
    }

    mutating func word(_ word: StaticString) {
        separate()
        word.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func raw(_ json: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// Writes a member, unless `body` writes no value.
    mutating func optionalMember(_ key: StaticString, _ body: (inout JSONOutput) -> Void) {
        let before = self
        self.key(key)
        let count = bytes.count
        body(&self)
        if bytes.count == count { self = before }
    }

    private mutating func enclosed(
        _ opening: UInt8, _ closing: UInt8, _ body: (inout JSONOutput) -> Void
    ) {
        separate()
        bytes.append(opening)
        isAfterValue = false
        body(&self)
        bytes.append(closing)
        isAfterValue = true
    }

    private mutating func separate() {
        if isAfterValue { bytes.append(UInt8(ascii: ",")) }
        isAfterValue = true
    }

    private mutating func endKey() {
        bytes.append(UInt8(ascii: ":"))
        isAfterValue = false
    }
}
