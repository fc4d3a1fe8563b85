// SPDX-License-Identifier: MIT

/// JSON read in the plainest way (RFC 8259), to compare the package's readers with.
///
/// It shares no code with them: it recurses, decodes at once, and takes numbers from the standard
/// library.
indirect enum NaiveJSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    /// UTF-16 code units, so that halves of surrogate pairs stay what they are.
    case string([UInt16])
    case array([NaiveJSON])
    /// The last value of each key, sorted by key.
    case object([Member])

    struct Member: Equatable, Sendable {
        let key: [UInt16]
        let value: NaiveJSON
    }

    /// The value that fills `bytes`, white space aside.
    init?(_ bytes: some Sequence<UInt8>) {
        var reader = NaiveReader(Array(bytes))
        guard let value = reader.value() else { return nil }
        reader.skipSpace()
        guard reader.index == reader.bytes.count else { return nil }
        self = value
    }

    /// The member of an object.
    subscript(key: String) -> NaiveJSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == Array(key.utf16) }?.value
    }

    /// An action without an empty `meta`, which means the same.
    var withoutEmptyMeta: NaiveJSON {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0 != Self.emptyMeta })
    }

    private static let emptyMeta = Member(key: Array("meta".utf16), value: .object([]))
}

/// Reads one value after the other and takes its measures.
struct NaiveReader {
    let bytes: [UInt8]
    var index: Int
    /// The most containers inside each other so far.
    private(set) var deepest = 0
    /// All elements and members so far.
    private(set) var elementCount = 0
    /// The most bytes between the quotes of a string so far.
    private(set) var longestString = 0
    private var depth = 0

    init(_ bytes: [UInt8], at index: Int = 0) {
        self.bytes = bytes
        self.index = index
    }

    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard byte == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        // Most values begin with another letter.
        guard byte == word.utf8.first, bytes[index...].starts(with: word.utf8) else { return false }
        index += word.utf8.count
        return true
    }

    /// The next value, or `nil` when none stands here.
    mutating func value() -> NaiveJSON? {
        skipSpace()
        if take("\"") { return string().map { .string($0) } }
        if take("{") { return nested { $0.object() } }
        if take("[") { return nested { $0.array() } }
        if take(word: "null") { return .null }
        if take(word: "true") { return .bool(true) }
        if take(word: "false") { return .bool(false) }
        return number().map { .number($0) }
    }

    private mutating func nested(_ read: (inout NaiveReader) -> NaiveJSON?) -> NaiveJSON? {
        depth += 1
        deepest = max(deepest, depth)
        defer { depth -= 1 }
        return read(&self)
    }

    private mutating func array() -> NaiveJSON? {
        var elements: [NaiveJSON] = []
        skipSpace()
        if take("]") { return .array([]) }
        repeat {
            elementCount += 1
            guard let element = value() else { return nil }
            elements.append(element)
            skipSpace()
        } while take(",")
        return take("]") ? .array(elements) : nil
    }

    private mutating func object() -> NaiveJSON? {
        var members: [NaiveJSON.Member] = []
        skipSpace()
        if take("}") { return .object([]) }
        repeat {
            elementCount += 1
            skipSpace()
            guard take("\""), let key = string() else { return nil }
            skipSpace()
            guard take(":"), let value = value() else { return nil }
            members.removeAll { $0.key == key }
            members.append(NaiveJSON.Member(key: key, value: value))
            skipSpace()
        } while take(",")
        members.sort { $0.key.lexicographicallyPrecedes($1.key) }
        return take("}") ? .object(members) : nil
    }

    private mutating func number() -> Double? {
        let start = index
        func digits(_ reader: inout NaiveReader) -> Int {
            let first = reader.index
            while let byte = reader.byte, (0x30...0x39).contains(byte) { reader.index += 1 }
            return reader.index - first
        }
        _ = take("-")
        let first = byte
        let count = digits(&self)
        guard count == 1 || (count > 1 && first != 0x30) else { return nil }
        if take("."), digits(&self) == 0 { return nil }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            if digits(&self) == 0 { return nil }
        }
        return Double(text(bytes[start..<index]))
    }

    /// The rest of a string behind its opening quote.
    mutating func string() -> [UInt16]? {
        var units: [UInt16] = []
        var raw: [UInt8] = []
        func flush() -> Bool {
            guard let text = String(validating: raw, as: UTF8.self) else { return false }
            units.append(contentsOf: text.utf16)
            raw = []
            return true
        }
        let start = index
        while let next = byte {
            index += 1
            switch next {
            case 0x22:
                longestString = max(longestString, index - 1 - start)
                return flush() ? units : nil
            case 0x5C:
                guard flush(), let unit = escape() else { return nil }
                units.append(unit)
            case ..<0x20: return nil
            default: raw.append(next)
            }
        }
        return nil
    }

    private static let simpleEscapes: [UInt8: UInt16] = [
        0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
    ]

    private mutating func escape() -> UInt16? {
        guard let letter = byte else { return nil }
        index += 1
        if let unit = Self.simpleEscapes[letter] { return unit }
        guard letter == 0x75, index + 4 <= bytes.count else { return nil }
        let digits = bytes[index..<index + 4]
        guard digits.allSatisfy({ $0 != 0x2B && $0 != 0x2D }) else { return nil }
        index += 4
        return UInt16(text(digits), radix: 16)
    }
}
