// SPDX-License-Identifier: MIT

/// Encodes `Encodable` values so that equal values give equal bytes, in every process and whatever
/// the hash seed.
///
/// Everything that `Codable` can express is encoded: numbers that are not finite, strings that are
/// equal only when normalised, and keys of any type. Sets and dictionaries are sorted wherever they
/// stand. A type whose own `encode(to:)` walks over a set element by element cannot be helped.
/// `Int128` is not supported. An optional of an optional that holds nil is read back as nil itself,
/// because `Codable` writes both alike.
public struct CanonicalEncoder: Sendable {
    /// Creates an encoder.
    public init() {}

    /// Encodes one value.
    ///
    /// - Throws: `EncodingError` for a value that encodes nothing or is nested deeper than 512
    ///   levels, and what the value throws itself.
    /// - Complexity: O(n log n) in the number of bytes.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
        let node = CanonicalNode()
        try node.encode(value, path: [])
        var output: [UInt8] = []
        node.write(to: &output)
        return output
    }
}

extension StateCoding where State: Codable & Sendable {
    /// The canonical form of a `Codable` state; see ``CanonicalEncoder``.
    ///
    /// A state that gets a new optional property still reads what was written before.
    public static var canonical: StateCoding {
        StateCoding(
            encode: { try CanonicalEncoder().encode($0) },
            decode: { try CanonicalDecoder().decode(from: $0) })
    }
}

/// A value that is being encoded; containers fill it step by step.
final class CanonicalNode {
    enum Content {
        case nothing
        /// A value without parts, with its tag.
        case scalar([UInt8])
        case array([CanonicalNode])
        case map([(key: [UInt8], value: CanonicalNode)])
    }

    enum Order {
        case given
        case elements
        case pairs
    }

    var content = Content.nothing
    var order = Order.given

    /// Encodes a value into this node.
    func encode<T: Encodable>(_ value: T, path: [any CodingKey]) throws {
        guard path.count <= CanonicalForm.maximumDepth else {
            throw EncodingError.invalidValue(
                value,
                .init(
                    codingPath: path,
                    debugDescription: "nested deeper than \(CanonicalForm.maximumDepth) levels"))
        }
        if T.self == [UInt8].self, let bytes = value as? [UInt8] {
            var output = [CanonicalForm.bytes]
            CanonicalForm.append(natural: UInt64(bytes.count), to: &output)
            content = .scalar(output + bytes)
            return
        }
        try value.encode(to: CanonicalWriter(node: self, codingPath: path))
        if case .nothing = content {
            throw EncodingError.invalidValue(
                value, .init(codingPath: path, debugDescription: "the value encodes nothing"))
        }
        if value is any UnorderedElements {
            order = .elements
        } else if value is any UnorderedPairs {
            order = .pairs
        }
    }

    func append() -> CanonicalNode {
        let node = CanonicalNode()
        if case .array(var nodes) = content {
            content = .nothing
            nodes.append(node)
            content = .array(nodes)
        }
        return node
    }

    func member(_ key: String) -> CanonicalNode {
        let node = CanonicalNode()
        if case .map(var members) = content {
            content = .nothing
            members.append((Array(key.utf8), node))
            content = .map(members)
        }
        return node
    }

    func write(to output: inout [UInt8]) {
        switch content {
        case .nothing:
            // A nested container that was asked for and never filled, or a super encoder.
            output.append(CanonicalForm.null)
        case .scalar(let bytes):
            output += bytes
        case .array(let nodes):
            output.append(CanonicalForm.array)
            CanonicalForm.append(natural: UInt64(nodes.count), to: &output)
            let step = order == .pairs && nodes.count.isMultiple(of: 2) ? 2 : 1
            guard order != .given else {
                for node in nodes { node.write(to: &output) }
                return
            }
            var parts: [[UInt8]] = []
            for start in stride(from: 0, to: nodes.count, by: step) {
                var part: [UInt8] = []
                for node in nodes[start..<start + step] { node.write(to: &part) }
                parts.append(part)
            }
            for part in parts.sorted(by: { $0.lexicographicallyPrecedes($1) }) { output += part }
        case .map(let members):
            let sorted = members.enumerated().sorted { left, right in
                left.element.key == right.element.key
                    ? left.offset < right.offset
                    : left.element.key.lexicographicallyPrecedes(right.element.key)
            }
            // Of a key that was encoded twice, the last counts.
            let kept = sorted.indices.filter { place in
                place + 1 == sorted.count
                    || sorted[place].element.key != sorted[place + 1].element.key
            }
            output.append(CanonicalForm.map)
            CanonicalForm.append(natural: UInt64(kept.count), to: &output)
            for place in kept {
                let (key, value) = sorted[place].element
                CanonicalForm.append(natural: UInt64(key.count), to: &output)
                output += key
                value.write(to: &output)
            }
        }
    }
}
