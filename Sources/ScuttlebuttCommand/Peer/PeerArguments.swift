// SPDX-License-Identifier: MIT

import Scuttlebutt
import ScuttlebuttModels

/// The arguments after a command word: JSON texts, and keys, which may be unquoted.
struct PeerArguments {
    private var rest: ArraySlice<UInt8>

    init(_ rest: ArraySlice<UInt8>) { self.rest = rest }

    /// Whether no arguments are left.
    var isEmpty: Bool { rest.allSatisfy(PeerArguments.isBlank) }

    /// What is left, without the blanks around it.
    var trimmed: ArraySlice<UInt8> {
        var left = rest.drop(while: PeerArguments.isBlank)
        while left.last.map(PeerArguments.isBlank) == true { left.removeLast() }
        return left
    }

    /// Reads the next word, up to a blank; returns `nil` at the end.
    mutating func word() -> String? {
        skipBlanks()
        guard !rest.isEmpty else { return nil }
        let word = rest.prefix { !PeerArguments.isBlank($0) }
        rest = rest.dropFirst(word.count)
        return String(decoding: word, as: UTF8.self)
    }

    /// Reads a key or a name: a JSON string, or unquoted up to a blank.
    mutating func key(_ what: String) throws(PeerRequestError) -> PropertyKey {
        skipBlanks()
        guard let first = rest.first else {
            throw PeerRequestError(message: "\(what) is missing")
        }
        if first == 0x22 {
            let literal = try text(what)
            let key = literal.withUnsafeBufferPointer { PropertyKey(0..<$0.count, in: $0) }
            guard let key else {
                throw PeerRequestError(message: "\(what) is not a JSON string")
            }
            return key
        }
        let bare = Array(rest.prefix { !PeerArguments.isBlank($0) })
        guard let text = String(validating: bare, as: UTF8.self) else {
            throw PeerRequestError(message: "\(what) is not UTF-8")
        }
        rest = rest.dropFirst(bare.count)
        return PropertyKey(text)
    }

    /// Reads one JSON value.
    mutating func value(_ what: String) throws(PeerRequestError) -> JSONText {
        let bytes = try text(what)
        do throws(JSONError) {
            return try JSONText(stringifying: bytes)
        } catch {
            throw PeerRequestError(
                message: "\(what) is not valid JSON or exceeds a limit: \(error.text)")
        }
    }

    /// Reads one JSON object.
    mutating func object(_ what: String) throws(PeerRequestError) -> JSONText {
        let value = try value(what)
        guard value.isObject else {
            throw PeerRequestError(message: "\(what) must be a JSON object")
        }
        return value
    }

    /// Reads an integer.
    mutating func integer(_ what: String) throws(PeerRequestError) -> Int {
        guard let word = word(), let number = Int(word) else {
            throw PeerRequestError(message: "\(what) must be an integer")
        }
        return number
    }

    /// Reads all remaining JSON values.
    mutating func values(_ what: String) throws(PeerRequestError) -> [JSONText] {
        var values: [JSONText] = []
        while !isEmpty { values.append(try value(what)) }
        return values
    }

    /// Checks that no arguments are left.
    func end() throws(PeerRequestError) {
        guard isEmpty else {
            let left = rest.drop(while: PeerArguments.isBlank).prefix(40)
            let text = String(decoding: left, as: UTF8.self)
            throw PeerRequestError(message: "unexpected argument: \(text)")
        }
    }

    /// Reads the bytes of one JSON text.
    private mutating func text(_ what: String) throws(PeerRequestError) -> [UInt8] {
        skipBlanks()
        guard !rest.isEmpty else { throw PeerRequestError(message: "\(what) is missing") }
        let count: Int
        do throws(JSONError) {
            count = try rest.withUnsafeBufferPointer { bytes throws(JSONError) in
                try JSONScanner(bytes).skipValue(at: 0)
            }
        } catch {
            throw PeerRequestError(message: "\(what) is not valid JSON: \(error.text)")
        }
        let (text, left) = (Array(rest.prefix(count)), rest.dropFirst(count))
        guard left.first.map(PeerArguments.isBlank) ?? true else {
            throw PeerRequestError(message: "\(what) must be followed by a space")
        }
        rest = left
        return text
    }

    private mutating func skipBlanks() { rest = rest.drop(while: PeerArguments.isBlank) }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D
    }
}
