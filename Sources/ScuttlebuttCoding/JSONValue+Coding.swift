// SPDX-License-Identifier: MIT

import Scuttlebutt

extension JSONValue {
    /// Appends the value; recursion is bounded by how deeply the value is nested.
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
    /// The tree of a value; as deep as the bounds of the reader allow.
    func value(at range: ValueRange) -> JSONValue {
        switch byte(range) {
        case 0x6E: return .null
        case 0x74: return .bool(true)
        case 0x66: return .bool(false)
        case 0x22: return .string((try? string(at: range)) ?? "")
        case 0x5B:
            var elements: [JSONValue] = []
            var next = element(from: range.start + 1)
            while let element = next {
                elements.append(value(at: element))
                next = self.element(from: element.end)
            }
            return .array(elements)
        case 0x7B:
            var members: [(key: String, value: JSONValue)] = []
            let walk = bytes.withUnsafeBufferPointer { buffer -> [JSONMembers.Member] in
                var found: [JSONMembers.Member] = []
                var members = JSONMembers(buffer, at: range.start)
                while let member = members?.next() { found.append(member) }
                return found
            }
            for member in walk {
                let key = ValueRange(start: member.key.lowerBound, end: member.key.upperBound)
                let inner = ValueRange(start: member.value.lowerBound, end: member.value.upperBound)
                members.append(((try? string(at: key)) ?? "", value(at: inner)))
            }
            return .object(JSONValue.Object(members))
        default:
            return .number(
                JSONValue.Number(
                    validated: String(decoding: bytes[range.start..<range.end], as: UTF8.self)))
        }
    }
}

extension JSONValue: Codable {
    /// Decodes any value, from our own decoder without a detour, and from others.
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

    /// Encodes the value to any encoder; ours keeps the digits of numbers.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            var container = encoder.container(keyedBy: JSONKey.self)
            for member in object.members {
                try container.encode(member.value, forKey: JSONKey(stringValue: member.key))
            }
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let value):
            var container = encoder.singleValueContainer()
            try container.encode(value)
        case .number(let number):
            var container = encoder.singleValueContainer()
            if let integer = number.integer {
                try container.encode(integer)
            } else {
                try container.encode(number.double)
            }
        case .string(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }
}
