// SPDX-License-Identifier: MIT

/// The `Encoder` of one node.
struct CanonicalWriter: Encoder {
    let node: CanonicalNode
    let codingPath: [any CodingKey]

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        // A class and its superclass may both ask for the same container.
        if case .map = node.content {} else { node.content = .map([]) }
        return KeyedEncodingContainer(CanonicalKeyedWriter(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = node.content {} else { node.content = .array([]) }
        return CanonicalUnkeyedWriter(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        CanonicalSingleWriter(node: node, codingPath: codingPath)
    }
}

extension CanonicalNode {
    func setNil() { content = .scalar([CanonicalForm.null]) }

    func set(_ value: Bool) { content = .scalar([value ? CanonicalForm.yes : CanonicalForm.no]) }

    func set(_ value: String) {
        var output = [CanonicalForm.string]
        let bytes = value.utf8
        CanonicalForm.append(natural: UInt64(bytes.count), to: &output)
        output += bytes
        content = .scalar(output)
    }

    func set(_ value: Double) {
        var output = [CanonicalForm.double]
        withUnsafeBytes(of: value.bitPattern.littleEndian) { output += $0 }
        content = .scalar(output)
    }

    func set(_ value: Float) {
        var output = [CanonicalForm.float]
        withUnsafeBytes(of: value.bitPattern.littleEndian) { output += $0 }
        content = .scalar(output)
    }

    func set<Number: FixedWidthInteger>(_ value: Number) {
        var output: [UInt8] = []
        if value >= 0 {
            output.append(CanonicalForm.natural)
            CanonicalForm.append(natural: UInt64(truncatingIfNeeded: value), to: &output)
        } else {
            output.append(CanonicalForm.negative)
            CanonicalForm.append(natural: UInt64(truncatingIfNeeded: ~value), to: &output)
        }
        content = .scalar(output)
    }
}

private struct CanonicalSingleWriter: SingleValueEncodingContainer {
    let node: CanonicalNode
    let codingPath: [any CodingKey]

    func encodeNil() { node.setNil() }
    func encode(_ value: Bool) { node.set(value) }
    func encode(_ value: String) { node.set(value) }
    func encode(_ value: Double) { node.set(value) }
    func encode(_ value: Float) { node.set(value) }
    func encode(_ value: Int) { node.set(value) }
    func encode(_ value: Int8) { node.set(value) }
    func encode(_ value: Int16) { node.set(value) }
    func encode(_ value: Int32) { node.set(value) }
    func encode(_ value: Int64) { node.set(value) }
    func encode(_ value: UInt) { node.set(value) }
    func encode(_ value: UInt8) { node.set(value) }
    func encode(_ value: UInt16) { node.set(value) }
    func encode(_ value: UInt32) { node.set(value) }
    func encode(_ value: UInt64) { node.set(value) }
    func encode<T: Encodable>(_ value: T) throws {
        // Counts as a level although it has no key, because a type may wrap itself without end.
        try node.encode(value, path: codingPath + [CanonicalIndex(intValue: 0)])
    }
}

private struct CanonicalUnkeyedWriter: UnkeyedEncodingContainer {
    let node: CanonicalNode
    let codingPath: [any CodingKey]

    var count: Int {
        if case .array(let nodes) = node.content { return nodes.count }
        return 0
    }

    func encodeNil() { node.append().setNil() }
    func encode(_ value: Bool) { node.append().set(value) }
    func encode(_ value: String) { node.append().set(value) }
    func encode(_ value: Double) { node.append().set(value) }
    func encode(_ value: Float) { node.append().set(value) }
    func encode(_ value: Int) { node.append().set(value) }
    func encode(_ value: Int8) { node.append().set(value) }
    func encode(_ value: Int16) { node.append().set(value) }
    func encode(_ value: Int32) { node.append().set(value) }
    func encode(_ value: Int64) { node.append().set(value) }
    func encode(_ value: UInt) { node.append().set(value) }
    func encode(_ value: UInt8) { node.append().set(value) }
    func encode(_ value: UInt16) { node.append().set(value) }
    func encode(_ value: UInt32) { node.append().set(value) }
    func encode(_ value: UInt64) { node.append().set(value) }
    func encode<T: Encodable>(_ value: T) throws {
        let key = CanonicalIndex(intValue: count)
        try node.append().encode(value, path: codingPath + [key])
    }

    private func next() -> CanonicalWriter {
        let key = CanonicalIndex(intValue: count)
        return CanonicalWriter(node: node.append(), codingPath: codingPath + [key])
    }

    func nestedContainer<Key: CodingKey>(
        keyedBy type: Key.Type
    ) -> KeyedEncodingContainer<Key> { next().container(keyedBy: type) }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
    func superEncoder() -> any Encoder { next() }
}

private struct CanonicalKeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: CanonicalNode
    let codingPath: [any CodingKey]

    private func member(_ key: Key) -> CanonicalNode { node.member(key.stringValue) }

    func encodeNil(forKey key: Key) { member(key).setNil() }
    func encode(_ value: Bool, forKey key: Key) { member(key).set(value) }
    func encode(_ value: String, forKey key: Key) { member(key).set(value) }
    func encode(_ value: Double, forKey key: Key) { member(key).set(value) }
    func encode(_ value: Float, forKey key: Key) { member(key).set(value) }
    func encode(_ value: Int, forKey key: Key) { member(key).set(value) }
    func encode(_ value: Int8, forKey key: Key) { member(key).set(value) }
    func encode(_ value: Int16, forKey key: Key) { member(key).set(value) }
    func encode(_ value: Int32, forKey key: Key) { member(key).set(value) }
    func encode(_ value: Int64, forKey key: Key) { member(key).set(value) }
    func encode(_ value: UInt, forKey key: Key) { member(key).set(value) }
    func encode(_ value: UInt8, forKey key: Key) { member(key).set(value) }
    func encode(_ value: UInt16, forKey key: Key) { member(key).set(value) }
    func encode(_ value: UInt32, forKey key: Key) { member(key).set(value) }
    func encode(_ value: UInt64, forKey key: Key) { member(key).set(value) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        try member(key).encode(value, path: codingPath + [key])
    }

    private func nested(_ key: any CodingKey) -> CanonicalWriter {
        CanonicalWriter(node: node.member(key.stringValue), codingPath: codingPath + [key])
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { nested(key).container(keyedBy: type) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        nested(key).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { nested(CanonicalIndex.superKey) }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }
}

/// The key of an element, or of a superclass.
struct CanonicalIndex: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(intValue: Int) {
        self.intValue = intValue
        stringValue = "Index \(intValue)"
    }

    init?(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    private init(name: String) {
        stringValue = name
        intValue = nil
    }

    static let superKey = CanonicalIndex(name: "super")
}
