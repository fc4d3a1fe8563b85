// SPDX-License-Identifier: MIT

/// Decodes what ``CanonicalEncoder`` has written.
///
/// An integer is read as any integer type that can hold it, and as a floating-point number that is
/// exactly equal. Damaged and hostile bytes give a `DecodingError`; none trap.
public struct CanonicalDecoder: Sendable {
    /// Creates a decoder.
    public init() {}

    /// Decodes a value from `bytes`, which must contain nothing else.
    ///
    /// - Throws: `DecodingError`, and what the value throws itself.
    /// - Complexity: O(n log n) in the number of bytes.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from bytes: [UInt8]) throws -> T {
        var parser = CanonicalParser(bytes: bytes)
        let value = try parser.parseAll()
        return try CanonicalReader(value: value, codingPath: []).decode(type)
    }
}

/// A decoded value of the canonical form.
indirect enum CanonicalValue {
    case null
    case bool(Bool)
    case natural(UInt64)
    /// The complement of a negative integer.
    case negative(UInt64)
    case double(Double)
    case float(Float)
    case string(String)
    case bytes([UInt8])
    case array([CanonicalValue])
    /// Ascending by key.
    case map([(key: [UInt8], value: CanonicalValue)])

    subscript(key: String) -> CanonicalValue? {
        guard case .map(let members) = self else { return nil }
        let key = Array(key.utf8)
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key.lexicographicallyPrecedes(key) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < members.count && members[low].key == key ? members[low].value : nil
    }
}

/// Reads the canonical form into a tree.
struct CanonicalParser {
    let bytes: [UInt8]
    private var offset = 0

    /// The most elements for which memory is taken before they are there: a few bytes may claim
    /// millions at each level.
    private static let reservedCount = 1_024

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func parseAll() throws -> CanonicalValue {
        let value = try parse(depth: 0)
        guard offset == bytes.count else { throw damage("there is something after the value") }
        return value
    }

    private mutating func parse(depth: Int) throws -> CanonicalValue {
        guard depth <= CanonicalForm.maximumDepth else { throw damage("nested too deeply") }
        switch try byte() {
        case CanonicalForm.null: return .null
        case CanonicalForm.no: return .bool(false)
        case CanonicalForm.yes: return .bool(true)
        case CanonicalForm.natural: return .natural(try natural())
        case CanonicalForm.negative: return .negative(try natural())
        case CanonicalForm.double: return .double(Double(bitPattern: try word(8)))
        case CanonicalForm.float:
            return .float(Float(bitPattern: UInt32(truncatingIfNeeded: try word(4))))
        case CanonicalForm.string: return .string(try text())
        case CanonicalForm.bytes: return .bytes(Array(try slice(try count())))
        case CanonicalForm.array:
            let count = try count()
            var elements: [CanonicalValue] = []
            elements.reserveCapacity(min(count, Self.reservedCount))
            for _ in 0..<count { elements.append(try parse(depth: depth + 1)) }
            return .array(elements)
        case CanonicalForm.map:
            let count = try count()
            var members: [(key: [UInt8], value: CanonicalValue)] = []
            members.reserveCapacity(min(count, Self.reservedCount))
            for _ in 0..<count {
                let key = Array(try slice(try self.count()))
                if let last = members.last, !last.key.lexicographicallyPrecedes(key) {
                    throw damage("the keys are not in order")
                }
                members.append((key, try parse(depth: depth + 1)))
            }
            return .map(members)
        default: throw damage("an unknown tag")
        }
    }

    private mutating func byte() throws -> UInt8 {
        guard offset < bytes.count else { throw damage("it ends too early") }
        defer { offset += 1 }
        return bytes[offset]
    }

    private mutating func natural() throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let digit = try byte()
            let part = UInt64(digit & 0x7F)
            guard shift < 63 || (shift == 63 && part <= 1) else { throw damage("too large") }
            value |= part << shift
            if digit < 0x80 {
                guard digit != 0 || shift == 0 else { throw damage("a number in a longer form") }
                return value
            }
            shift += 7
        }
    }

    /// A number of elements, of which each takes at least one byte.
    private mutating func count() throws -> Int {
        let count = try natural()
        guard count <= UInt64(bytes.count - offset) else { throw damage("it ends too early") }
        return Int(count)
    }

    private mutating func word(_ count: Int) throws -> UInt64 {
        var value: UInt64 = 0
        for (place, byte) in try slice(count).enumerated() {
            value |= UInt64(byte) << UInt64(8 * place)
        }
        return value
    }

    private mutating func slice(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= bytes.count - offset else { throw damage("it ends too early") }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    private mutating func text() throws -> String {
        guard let text = String(validating: try slice(try count()), as: UTF8.self) else {
            throw damage("a string is not valid UTF-8")
        }
        return text
    }

    private func damage(_ what: String) -> DecodingError {
        .dataCorrupted(
            .init(
                codingPath: [],
                debugDescription: "not a canonical encoding, at byte \(offset): \(what)"))
    }
}
