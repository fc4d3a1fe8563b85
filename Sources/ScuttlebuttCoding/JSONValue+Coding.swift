// SPDX-License-Identifier: MIT

import Scuttlebutt

extension JSONValue {
    /// Appends the value as JSON.
    ///
    /// Recursion is as deep as the value's nesting.
    func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): output.append(contentsOf: number.text.utf8)
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            output.append(0x5B)
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(0x2C) }
                element.write(to: &output)
            }
            output.append(0x5D)
        case .object(let object):
            output.append(0x7B)
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(0x2C) }
                Self.write(member.key, to: &output)
                output.append(0x3A)
                member.value.write(to: &output)
            }
            output.append(0x7D)
        }
    }

    private static func write(_ text: String, to output: inout [UInt8]) {
        var text = text
        text.withUTF8 { JSONString.encode($0, into: &output) }
    }
}

extension JSONReader {
    /// Returns the tree of a value.
    ///
    /// Makes one pass over the bytes. Recursion is limited by the reader's bounds.
    func value(at range: ValueRange) -> JSONValue {
        bytes.withUnsafeBufferPointer { buffer in
            var builder = TreeBuilder(scanner: JSONScanner(buffer), index: range.lowerBound)
            return builder.value()
        }
    }
}

/// Builds trees from validated bytes.
private struct TreeBuilder {
    let scanner: JSONScanner
    var index: Int

    private var bytes: UnsafeBufferPointer<UInt8> { scanner.bytes }

    /// Skips white space and an optional `separator`, and returns the next byte, or 0 at the end.
    private mutating func next(behind separator: UInt8) -> UInt8 {
        index = scanner.skipWhitespace(at: index)
        if index < bytes.count, bytes[index] == separator {
            index = scanner.skipWhitespace(at: index + 1)
        }
        return index < bytes.count ? bytes[index] : 0
    }

    /// Returns the value at `index` and moves `index` past it.
    mutating func value() -> JSONValue {
        switch next(behind: 0) {
        case 0x5B:
            index += 1
            var elements: [JSONValue] = []
            while next(behind: 0x2C) != 0x5D, index < bytes.count { elements.append(value()) }
            index += 1
            return .array(elements)
        case 0x7B:
            index += 1
            var members: [(key: String, value: JSONValue)] = []
            while next(behind: 0x2C) == 0x22 {
                let key = string()
                _ = next(behind: 0x3A)
                members.append((key, value()))
            }
            index += 1
            return .object(JSONValue.Object(members))
        case 0x22: return .string(string())
        case let first:
            let start = min(index, bytes.count)
            index = max(JSONMembers.endOfValue(bytes, at: index), index + 1)
            switch first {
            case 0x6E: return .null
            case 0x74: return .bool(true)
            case 0x66: return .bool(false)
            default:
                let text = bytes[start..<min(index, bytes.count)]
                return .number(JSONValue.Number(validated: String(decoding: text, as: UTF8.self)))
            }
        }
    }

    private mutating func string() -> String {
        var text: [UInt8] = []
        let decoded = try? JSONString.decode(bytes, at: index, into: &text)
        index = decoded?.end ?? bytes.count
        return String(decoding: text, as: UTF8.self)
    }
}

extension JSONValue: Codable {
    /// Decodes any value, directly from ``JSONDecoding`` or from any other decoder.
    public init(from decoder: any Decoder) throws {
        if let reader = decoder as? JSONReader {
            self = reader.value(at: reader.current)
            return
        }
        if let container = try? decoder.container(keyedBy: JSONKey.self) {
            self = .object(
                Object(
                    try container.allKeys.map {
                        (
                            key: $0.stringValue,
                            value: try container.decode(JSONValue.self, forKey: $0)
                        )
                    }))
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !container.isAtEnd { elements.append(try container.decode(JSONValue.self)) }
            self = .array(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let value = try? container.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? container.decode(Int64.self) {
                self = .number(Number(value))
            } else if let value = try? container.decode(Double.self), let number = Number(value) {
                self = .number(number)
            } else {
                self = .string(try container.decode(String.self))
            }
        }
    }

    /// Encodes the value to any encoder.
    ///
    /// ``JSONEncoding`` preserves the digits of numbers.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            var container = encoder.container(keyedBy: JSONKey.self)
            for member in object.members {
                try container.encode(member.value, forKey: JSONKey(stringValue: member.key))
            }
        case .array(let elements): try elements.encode(to: encoder)
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value): try value.encode(to: encoder)
        case .number(let number):
            if let integer = number.integer {
                try integer.encode(to: encoder)
            } else {
                try number.double.encode(to: encoder)
            }
        case .string(let text): try text.encode(to: encoder)
        }
    }
}
